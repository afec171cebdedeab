"""What people type. `main` is the console script."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

from quintain.cli.exits import Code
from quintain.cli.root import commands
from quintain.cli.screen import print_failure
from quintain.errors import QuintainError

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; always ends in SystemExit with a code of `quintain.cli.exits`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an odd locale costs a sign, never a traceback
    try:
        commands()(args=args, prog_name="quintain")
    except QuintainError as error:
        print_failure(error)
        sys.exit(getattr(error, "exit_code", Code.FAILED))
    except KeyboardInterrupt:
        sys.exit(Code.INTERRUPTED)
