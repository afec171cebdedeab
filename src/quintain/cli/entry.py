"""What a person or a script enters: keys that never stand on a command line, and a yes."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quintain.cli.exits import Failure, wrong_usage


def at_terminal() -> bool:
    """True when there is someone to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def keys_given(*, from_stdin: bool, file: Path | None, ask: str | None) -> list[str] | None:
    """The target's keys, one a line; None when none was given.

    ask: what to prompt with (hidden) where there is a terminal and neither source was named.
    Raises Failure when a named source holds no key.
    """
    if from_stdin and file:
        raise wrong_usage("--key-stdin and --key-file: choose one.")
    if file:
        return _some(_read(file), str(file))
    if from_stdin and not sys.stdin.isatty():
        return _some(sys.stdin.read(), "standard input")
    if from_stdin or (ask and at_terminal()):
        with _own_line():
            return _lines(getpass.getpass(ask or "API key: ")) or None
    return None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise Failure(f"The key file {file} cannot be read: {_why(error)}.") from error


def _why(error: Exception) -> str:
    return error.strerror or "?" if isinstance(error, OSError) else "it is not UTF-8 text"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _some(text: str, source: str) -> list[str]:
    keys = _lines(text)
    if not keys:
        raise wrong_usage(f"There is no key in {source}: one key a line.")
    return keys


def confirm(question: str, *, yes: bool) -> None:
    """Go on only with a yes. Raises Failure when the answer is another, or nobody can give one."""
    if yes:
        return
    if not at_terminal():
        raise wrong_usage(f"{question} Say so with --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    with _own_line():
        answer = sys.stdin.readline()
    if answer.strip().lower() not in {"y", "yes"}:
        raise Failure("Nothing was changed.")


@contextmanager
def _own_line() -> Iterator[None]:
    """Leave the line of a question that Ctrl-C answered, so that the shell's prompt has its own."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        raise
