"""What the exit status says: the one place for it, printed by `quintain --help` as well."""

from enum import IntEnum

from quintain.errors import Detail, QuintainError


class Code(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    TAKEN = 6
    REFUSED = 7
    LATER = 8
    BELOW = 9
    WORSE = 10
    RUN_FAILED = 11
    RUN_CANCELLED = 12
    INTERRUPTED = 130
    TERMINATED = 143


MEANING = {
    Code.OK: "it worked; the model is healthy; the run is good enough",
    Code.FAILED: "the call failed; the model is not healthy",
    Code.USAGE: "the command line is not right",
    Code.UNREACHABLE: "no server answers, or it is not ready",
    Code.NOT_ALLOWED: "the key is not valid, or lacks the right",
    Code.NOT_FOUND: "there is no such model, key, run, suite or data set",
    Code.TAKEN: "the name is taken, or the run is not in a state for it",
    Code.REFUSED: "a field was refused; each one is named",
    Code.LATER: "the rate limit is full; try again later",
    Code.BELOW: "the model resisted less than --fail-under asks for",
    Code.WORSE: "the model became worse than --compare-to",
    Code.RUN_FAILED: "the run failed: its figures cannot be trusted",
    Code.RUN_CANCELLED: "the run was cancelled before its end",
    Code.INTERRUPTED: "stopped by Ctrl-C",
    Code.TERMINATED: "stopped by SIGTERM, as CI does",
}

_BY_STATUS = {
    400: Code.REFUSED,
    401: Code.NOT_ALLOWED,
    403: Code.NOT_ALLOWED,
    404: Code.NOT_FOUND,
    409: Code.TAKEN,
    413: Code.REFUSED,
    415: Code.REFUSED,
    422: Code.REFUSED,
    429: Code.LATER,
    503: Code.UNREACHABLE,
}


def code_for(status: int) -> Code:
    """The exit code for an HTTP status of the server; what has no code of its own is FAILED."""
    return _BY_STATUS.get(status, Code.FAILED)


class Failure(QuintainError):
    """Ends a command: its sentence goes to stderr, its `exit_code` to the shell.

    details: one line each, by the field's full path.
    hint: a second sentence, on what to do; printed less loudly.
    """

    code = "command_failed"

    def __init__(
        self,
        message: str,
        exit_code: Code = Code.FAILED,
        *,
        details: tuple[Detail, ...] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, details=details)
        self.exit_code = exit_code
        self.hint = hint


def wrong_usage(message: str) -> Failure:
    return Failure(message, Code.USAGE)
