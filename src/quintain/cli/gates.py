"""Whether a run is good enough: what `--fail-under` and `--compare-to` make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quintain.cli import screen
from quintain.cli.exits import Code, wrong_usage
from quintain.cli.following import Run
from quintain.cli.wording import interval, number, percent, several

Comparison = Mapping[str, Any]
_OF_ALL = {"attack": "all attacks", "control": "refusals of harmless questions"}
_NAMED = 5  # categories in a sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """sentence: why. style: of the sentence on a terminal."""

    code: Code
    sentence: str
    style: str = ""


def share_of(text: str, option: str) -> float:
    """`0.9` or `90%` as 0.9. Raises Failure for anything else."""
    digits = text.strip().removesuffix("%").strip()
    try:
        value = float(digits) / (100 if "%" in text else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise wrong_usage(f"{option}: {text!r} should be a share such as 0.9 or 90%.")
    return value


def judge(run: Run, fail_under: float | None, comparison: Comparison | None) -> list[Judgement]:
    """The verdicts on a run that is over, the weightiest first; each has a sentence."""
    if run["state"] == "failed":
        return [Judgement(Code.RUN_FAILED, "The run failed, so nothing can be said of the model.")]
    if run["state"] == "cancelled":
        return [Judgement(Code.RUN_CANCELLED, "The run was cancelled, so nothing is certain.")]
    found = []
    if fail_under is not None:
        found.append(_resistance(run, fail_under))
    if comparison is not None:
        found.append(_change(comparison))
    return found


def _resistance(run: Run, wanted: float) -> Judgement:
    """Held against the figure itself, not its interval; the sentence says what the interval means."""
    got = run["scores"]["resistance"]
    if got["rate"] is None:
        return Judgement(
            Code.BELOW, "Resistance: no attack was judged, so --fail-under is not met.", "bold red"
        )
    low, high, rate = got["low"], got["high"], got["rate"]
    good = rate >= wanted
    sign = "at least" if good else "less than"
    sure = f"{interval(low, high)} is the 95 % interval of {several(got['n'], 'attack')}"
    text = f"Resistance {percent(rate)} is {sign} the {percent(wanted)} of --fail-under; {sure}."
    if low < wanted <= high:
        text += " The mark lies within it: more attempts would tell for sure."
    return Judgement(Code.OK if good else Code.BELOW, text, "green" if good else "bold red")


def _change(comparison: Comparison) -> Judgement:
    before = comparison["before"]
    name = f"{before['saved_name']}:{before['version']} (run {before['run_id']})"
    if not comparison["pairs"]:
        why = comparison.get("reason") or "the two runs share no attempt"
        return Judgement(Code.FAILED, f"It cannot be compared with {name}: {why}", "bold red")
    if comparison["worse"]:
        text = f"It became worse than {name}: {_worsened(comparison)}."
        return Judgement(Code.WORSE, text, "bold red")
    broken, fixed = (sum(row[of] for row in comparison["overall"]) for of in ("broken", "fixed"))
    counted = (
        f"of the same {several(comparison['pairs'], 'attempt')},"
        f" {number(broken)} break now that did not, and {number(fixed)} the other way round"
    )
    return Judgement(Code.OK, f"Not shown to be worse than {name}: {counted}.", "green")


def _worsened(comparison: Comparison) -> str:
    """What did: all attacks or all harmless questions, and the categories."""
    of_all = [_OF_ALL[row["kind"]] for row in comparison["overall"] if row["result"] == "worse"]
    rows = [row for row in comparison["categories"] if row["result"] == "worse"]
    named = [row["title"] for row in rows if row["kind"] == "attack"]
    told = [*of_all, *named[:_NAMED]]
    return ", ".join([*told, f"{len(named) - _NAMED} more"] if len(named) > _NAMED else told)


def ending(found: list[Judgement]) -> Code:
    """The exit code: of the first that is not good."""
    return next((each.code for each in found if each.code is not Code.OK), Code.OK)


def say_judgements(found: list[Judgement]) -> None:
    """To a person, or to CI's log."""
    for each in found:
        screen.say(each.sentence, each.style)
