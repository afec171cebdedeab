"""What can go wrong on a page, each as one sentence that says what to do."""

from __future__ import annotations

from quintain.errors import TargetError

SELECTORS = "model_config.metadata.page"


def no_browser(why: str) -> TargetError:
    return TargetError(
        "config",
        f"There is no browser to drive pages with: {why}.",
        code="browser_missing",
    )


def not_started(why: str) -> TargetError:
    return TargetError(
        "config", f"Chromium does not start on this machine: {why}.", code="browser_failed"
    )


def crashed() -> TargetError:
    return TargetError(
        "http",
        "The browser, or the page in it, broke down during the call: try again.",
        code="browser_crashed",
        passing=True,
    )


def busy(tabs: int) -> TargetError:
    return TargetError(
        "connect",
        f"All {tabs} pages of the browser are in use: try again later, or raise "
        "QUINTAIN_BROWSER_TABS.",
        code="browser_busy",
        passing=True,
        status=503,
    )


def lost(why: str) -> TargetError:
    return TargetError(
        "answer",
        f"The conversation of this session is no longer open, since {why}: begin it anew.",
        code="conversation_lost",
    )


def not_found(part: str, selector: str, seen: str) -> TargetError:
    return TargetError(
        "mapping",
        f"The page's {part} was not found: name it in {SELECTORS}.{selector}. Seen: {seen}",
        code="page_part_not_found",
    )


def bad_selector(selector: str) -> TargetError:
    return TargetError(
        "config",
        f"{SELECTORS}.{selector} is not a CSS selector that the browser can read.",
        code="bad_selector",
    )


def not_sent(seen: str) -> TargetError:
    return TargetError(
        "mapping",
        "The prompt stands in the message box, and neither Enter nor a button sent it: name the "
        f"button in {SELECTORS}.send. Seen: {seen}",
        code="page_part_not_found",
    )


def cut(taken: int, given: int) -> TargetError:
    return TargetError(
        "mapping",
        f"The page's message box took {taken} of the prompt's {given} characters: send a shorter "
        "prompt.",
        code="prompt_too_long_for_page",
    )


def refused(status: int) -> TargetError:
    return TargetError(
        "http",
        f"The page answered {status}: check endpoint and path, and whether it is public.",
        passing=status in {429, 502, 503, 504},
        http_status=status,
    )


def silent(where: str, seconds: float) -> TargetError:
    return TargetError(
        "http",
        f"No answer appeared on {where} within {seconds:g} s: raise metadata.timeouts.read_s if "
        f"it needs longer, or name the answers in {SELECTORS}.answer.",
        code="target_read_timeout",
        passing=True,
        status=504,
    )


def slow(step: str, where: str, seconds: float) -> TargetError:
    return TargetError(
        "http",
        f"{where} was not ready within {seconds:g} s ({step}): raise metadata.timeouts.read_s.",
        code="target_read_timeout",
        passing=True,
        status=504,
    )


def endless(where: str, seconds: float) -> TargetError:
    return TargetError(
        "answer",
        f"The answer on {where} was still growing after {seconds:g} s: raise "
        "metadata.timeouts.read_s, or ask for less.",
        code="answer_endless",
    )


def bad_certificate(where: str) -> TargetError:
    return TargetError(
        "tls",
        f"The certificate of {where} cannot be verified by the browser: renew it, or add the "
        "authority's certificate to the file named by QUINTAIN_CA_FILE.",
        code="target_certificate",
    )


def not_loaded(where: str, why: str) -> TargetError:
    return TargetError("http", f"{where} could not be loaded ({why}).", passing=True)


def too_much(limit: int) -> TargetError:
    return TargetError(
        "answer",
        f"The page moved more than {limit} bytes in one call: it is no chat page that can be "
        "driven, or QUINTAIN_MAX_ANSWER_BODY is too low for it.",
        code="answer_too_large",
    )


def stopping() -> TargetError:
    return TargetError(
        "connect",
        "quintain is shutting down: try again later.",
        code="shutting_down",
        passing=True,
        status=503,
    )
