"""Reports of runs as files: the name's ending says which kind."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from quintain.cli import screen
from quintain.cli.exits import Failure, wrong_usage
from quintain.cli.wire import Wire

# The longest ending first: `.avid.json` ends in `.json` too.
KINDS = ("avid.json", "html", "json", "xml", "sarif", "csv", "jsonl")
_DEADLINE_S = 600.0


def kind_of(path: Path) -> str:
    """Raises Failure where the ending is of no report."""
    for kind in KINDS:
        if path.name.lower().endswith(f".{kind}"):
            return kind
    endings = ", ".join(f".{kind}" for kind in KINDS)
    raise wrong_usage(f"{path}: the name of a report ends in one of {endings}.")


def check_places(paths: Sequence[Path]) -> None:
    """Refuse what could not be written in the end, before a long run begins."""
    for path in paths:
        kind_of(path)
        folder = path.parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise wrong_usage(
                f"{path} cannot be written: {folder} is no folder that you can write to."
            )


async def write_reports(wire: Wire, run_id: int, paths: Sequence[Path]) -> None:
    for path in paths:
        await write_report(wire, run_id, path)
        screen.say(f"Written: {path}", "dim")


async def write_report(wire: Wire, run_id: int, path: Path) -> None:
    where = f"/runs/{run_id}/report.{kind_of(path)}"
    with _whole_file(path) as file:
        async with wire.send("GET", where, deadline_s=_DEADLINE_S) as reply:
            async for chunk in reply.content.iter_any():
                file.write(chunk)


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """The file is all there after the block, or as it was before."""
    draft: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        draft.chmod(0o666 & ~_umask())
        draft.replace(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        if draft:
            draft.unlink(missing_ok=True)


def _umask() -> int:
    """What new files of this user are denied; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
