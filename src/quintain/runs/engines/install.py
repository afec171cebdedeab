"""How an engine gets its environment: made aside, and put in its place when it is whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quintain.errors import Conflict, NotFound
from quintain.runs.engines.catalogue import write_catalogue
from quintain.runs.engines.installed import NOTE, Note
from quintain.runs.engines.pip import NotMade, Source, make_environment, pip
from quintain.runs.engines.table import Engine, engine_named

_DRAFT, _PINS = ".making-", "pins.txt"


@dataclass(frozen=True, slots=True)
class Step:
    """How far an installation is. package: what pip is at, the `number`th `of` so many."""

    what: str
    package: str = ""
    number: int = 0
    of: int = 0


Heard = Callable[[Step], None]


def _nobody(_: Step) -> None:
    """Nobody listens."""


def install(
    folder: Path,
    name: str,
    *,
    lite: bool = False,
    wheels: Path | None = None,
    heard: Heard = _nobody,
) -> Note:
    """Make the environment of an engine, in place of the one that is there. Blocks for minutes.

    folder: `<data_dir>/engines`. wheels: take packages from this folder alone. Raises NotFound,
    Conflict, NotMade; nothing is left behind then, and what was there stays.
    """
    engine = _installable(name, lite=lite)
    with _aside(folder, engine) as draft:
        heard(Step("making an environment"))
        make_environment(draft)
        _packages(draft, engine, Source(wheels), heard, lite=lite)
        heard(Step("reading its catalogue"))
        write_catalogue(draft, engine)
        note = _note(draft, engine, lite=lite)
        (draft / NOTE).write_text(note.as_json())
        _put(draft, folder / engine.name)
    return note


def download(name: str, to: Path, *, lite: bool = False, heard: Heard = _nobody) -> None:
    """Fetch what `install --wheels` takes, into a folder. Raises NotFound, Conflict, NotMade."""
    engine = _installable(name, lite=lite)
    to.mkdir(parents=True, exist_ok=True)
    with _aside(to, engine) as draft:
        make_environment(draft)
        words = ["download", "--dest", str(to)]
        for more in _requests(draft, engine, lite=lite):
            pip(draft / "bin" / "python", [*words, *more], _counted(engine, heard, lite=lite))


def remove(folder: Path, name: str) -> None:
    """Raises NotFound where it is not installed, Conflict for the built-in one."""
    engine = _installable(name, lite=False)
    place = folder / engine.name
    if not place.exists():
        raise NotFound(f"{engine.title} is not installed.", code="engine_not_installed")
    with _aside(folder, engine) as draft:
        draft.rmdir()
        place.replace(draft)  # at once out of sight; then the many files


def _installable(name: str, *, lite: bool) -> Engine:
    engine = engine_named(name)
    if engine.built_in:
        raise Conflict(f"{engine.title} come with quintain itself.")
    if lite and not engine.lite_megabytes:
        raise Conflict(f"{engine.title} has no lite variant.")
    return engine


@contextmanager
def _aside(folder: Path, engine: Engine) -> Iterator[Path]:
    """A folder beside the engine's place, gone in the end unless it was put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{engine.name}-{os.getpid()}-", dir=folder))
    except OSError as error:
        raise NotMade(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        yield draft
    except OSError as error:
        raise NotMade(f"{engine.title} was not installed: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what installations left that were killed."""
    for old in folder.glob(f"{_DRAFT}*"):
        owner = old.name.removeprefix(_DRAFT).split("-")[1]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(old, ignore_errors=True)


def _packages(draft: Path, engine: Engine, source: Source, heard: Heard, *, lite: bool) -> None:
    words = ["install", "--no-warn-script-location", *source.options()]
    for more in _requests(draft, engine, lite=lite):
        pip(draft / "bin" / "python", [*words, *more], _counted(engine, heard, lite=lite))
    (draft / _PINS).unlink()


def _requests(draft: Path, engine: Engine, *, lite: bool) -> Iterator[list[str]]:
    """What pip is asked for, in turn. All is pinned, so what a package asks for is answered."""
    pins = draft / _PINS
    pins.write_text(engine.pins(lite=lite))
    yield ["--require-hashes", "--no-deps", "--requirement", str(pins)]
    if engine.unpinned and not lite:
        yield list(engine.unpinned)


def _counted(engine: Engine, heard: Heard, *, lite: bool) -> Callable[[str], None]:
    of = engine.pins(lite=lite).count("==")
    seen: set[str] = set()

    def at(package: str) -> None:
        seen.add(package)
        heard(Step("installing", package, min(len(seen), of), of))

    return at


def _note(draft: Path, engine: Engine, *, lite: bool) -> Note:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    digest = engine.digest(lite=lite)
    return Note(engine.name, engine.version, digest, lite, megabytes_of(draft), now)


def megabytes_of(folder: Path) -> int:
    """What its files take, as they lie on the disk."""
    blocks = 0
    for path in folder.rglob("*"):
        try:
            blocks += path.lstat().st_blocks
        except OSError:
            continue  # pip has just taken it away
    return round(blocks * 512 / 1_000_000)


def _put(draft: Path, place: Path) -> None:
    """A folder cannot be replaced by a full one, so the old one steps aside first."""
    old = draft.with_name(f"{draft.name}-old")
    if place.exists():
        place.replace(old)
    draft.replace(place)
    shutil.rmtree(old, ignore_errors=True)
