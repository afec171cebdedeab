"""Which server the commands talk to, and with which key.

The environment (QUINTAIN_URL, QUINTAIN_API_KEY) comes first, then the local-access file that
`quintain serve` writes for the user who started it.
"""

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from yarl import URL

from quintain.cli.exits import Code, Failure
from quintain.secret import Secret

_HOW = (
    "Start one here with `quintain serve`, or name one: "
    "export QUINTAIN_URL=http://HOST:PORT and QUINTAIN_API_KEY=<a key>."
)


@dataclass(frozen=True, slots=True)
class Access:
    """`source` says to a person where the key came from."""

    url: URL
    key: Secret
    source: str


@dataclass(frozen=True, slots=True)
class Local:
    """The local-access file. `keys` remembers the key of every data directory served so far."""

    url: str
    apikey: str
    keys: dict[str, str]


def local_path(environ: Mapping[str, str] = os.environ) -> Path:
    """QUINTAIN_LOCAL_FILE, else quintain/local.json in the user's configuration directory."""
    if given := environ.get("QUINTAIN_LOCAL_FILE"):
        return Path(given)
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "quintain" / "local.json"


def find_access(environ: Mapping[str, str] = os.environ) -> Access:
    """Where to talk to. Raises Failure with a sentence that says what to do when it is unknown."""
    given_url, key = environ.get("QUINTAIN_URL"), environ.get("QUINTAIN_API_KEY")
    if given_url and key:
        return Access(_server(given_url), Secret(key), "QUINTAIN_API_KEY")
    path = local_path(environ)
    local = read_local(path)
    if key:
        return Access(_server(_known(local, path).url), Secret(key), "QUINTAIN_API_KEY")
    if given_url and not _is_local(local, given_url):
        raise Failure(
            f"There is no key for {given_url}: set QUINTAIN_API_KEY as well.", Code.NOT_ALLOWED
        )
    known = _known(local, path)
    return Access(_server(given_url or known.url), Secret(known.apikey), str(path))


def _known(local: Local | None, path: Path) -> Local:
    if local is None:
        raise Failure(f"No server is known: {path} is not there.", Code.UNREACHABLE, hint=_HOW)
    return local


def _is_local(local: Local | None, url: str) -> bool:
    """A key belongs to the address it was written for, and goes to no other."""
    return local is not None and _server(local.url).origin() == _server(url).origin()


def _server(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host or url.user or url.query_string:
        raise Failure(
            f"{text!r} is not the address of a server; it looks like http://127.0.0.1:8321.",
            Code.USAGE,
        )
    return url


def read_local(path: Path) -> Local | None:
    """None where there is no file. Raises Failure for one that others can read, or a broken one."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.", Code.UNREACHABLE) from error
    if stat.S_IMODE(mode) & 0o077:
        raise Failure(
            f"{path} holds a key and others can read it: chmod 600 {path}", Code.NOT_ALLOWED
        )
    return _local(text, path)


def _local(text: bytes, path: Path) -> Local:
    try:
        document: Any = orjson.loads(text)
        keys = dict(document.get("keys") or {})
        local = Local(str(document["url"]), str(document["apikey"]), keys)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Failure(
            f"{path} is not a local-access file of quintain.",
            Code.UNREACHABLE,
            hint="Remove it and start the server once more: `quintain serve` writes a new one.",
        ) from error
    return local


def write_local(path: Path, url: str, key: Secret | None, data_dir: Path) -> Path | None:
    """Note where the server is and its admin key, readable by this user only.

    key: None on every start after the first; then the key noted at the first start of the same
    data directory is used. Returns the path, or None when that key was never noted here.
    """
    keys = _noted(path)
    apikey = key.reveal() if key else keys.get(str(data_dir))
    if apikey is None:
        return None
    keys[str(data_dir)] = apikey
    _replace(path, orjson.dumps({"url": url, "apikey": apikey, "keys": keys}))
    return path


def _noted(path: Path) -> dict[str, str]:
    try:
        local = read_local(path)
    except Failure:
        return {}  # it is about to be written anew
    return dict(local.keys) if local else {}


def _replace(path: Path, text: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
