"""The user's own editor, for `quintain models edit`."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quintain.cli.exits import Failure


@contextmanager
def edited(text: str, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What the user made of `text` in $VISUAL or $EDITOR.

    The draft is a file of this user only; it is removed when the block ends well, and kept (the
    failure's hint says where) when it does not, so that a refused change is not lost.
    """
    descriptor, name = tempfile.mkstemp(prefix="quintain-", suffix=".yaml")
    path = Path(name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        _open(environ.get("VISUAL") or environ.get("EDITOR") or "vi", path)
        yield path.read_text("utf-8")
    except Failure as failure:
        failure.hint = f"{failure.hint} What you wrote is kept in {path}.".strip()
        raise
    path.unlink()


def _open(editor: str, path: Path) -> None:
    try:
        ended = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603  # the user's own choice of editor
    except (OSError, ValueError) as error:
        raise Failure(f"The editor {editor!r} cannot be started: set EDITOR.") from error
    if ended.returncode:
        raise Failure(f"The editor ended with status {ended.returncode}; nothing was changed.")
