"""The master keys: a file with one base64 32-byte key a line, the first of which encrypts.

A key's id is computed from the key, so that it is never mistyped and never stored beside it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quintain.errors import QuintainError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_BYTES = 32
_ID_LABEL = b"quintain master key id\0"
_SEPARATORS = re.compile(r"[\s,]+")
_OTHERS_MAY = 0o077
_HEADER = "# The master keys of quintain, the first one encrypts. Keep a copy: without it no secret opens.\n"


class BadKeyring(QuintainError):
    """The keyring cannot be used as it is; the sentence says what to change."""

    code = "bad_keyring"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """id: 12 hex characters, the start of a labelled SHA-256 of the key."""

    id: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes) -> MasterKey:
        return cls(hashlib.sha256(_ID_LABEL + key).hexdigest()[:12], key)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Several active master keys: all of them open, the first one seals."""

    keys: tuple[MasterKey, ...]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read base64 keys separated by lines, spaces or commas; `#` begins a comment.

        Raises BadKeyring, which never shows the text.
        """
        found = {key.id: key for key in _keys_in(text)}
        if not found:
            raise BadKeyring("The keyring holds no key: give at least one base64 32-byte key.")
        return cls(tuple(found.values()))

    @classmethod
    def load_or_create(cls, path: Path) -> Keyring:
        """The keyring in `path`, which is made with one new key and mode 0600 if it is not there.

        Raises BadKeyring if the file cannot be read or made, or others than its owner may read it.
        """
        with contextlib.suppress(FileNotFoundError):
            return cls.parse(_read_private(path))
        with (
            contextlib.suppress(FileExistsError),
            _written_beside(path, _HEADER + _new_line()) as new,
        ):
            # A hard link, not a rename: a file that another process made meanwhile is kept.
            os.link(new, path)
        return cls.parse(_read_private(path))

    @classmethod
    def with_new_primary(cls, path: Path) -> Keyring:
        """Put a new first key into `path`, in one step; the earlier keys stay and keep opening.

        Raises BadKeyring if the file is not there, not a keyring, or readable by others.
        """
        try:
            text = _read_private(path)
        except FileNotFoundError:
            raise BadKeyring(
                f"There is no keyring at {path}; start quintain once to make it."
            ) from None
        cls.parse(text)
        with _written_beside(path, _new_line() + text) as new:
            new.replace(path)
        return cls.parse(_read_private(path))

    @property
    def primary(self) -> MasterKey:
        return self.keys[0]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(key.id for key in self.keys)

    def find(self, key_id: str) -> MasterKey | None:
        return next((key for key in self.keys if key.id == key_id), None)


def _keys_in(text: str) -> Iterator[MasterKey]:
    for number, line in enumerate(text.splitlines(), start=1):
        for word in _SEPARATORS.split(line.partition("#")[0]):
            if word:
                yield MasterKey.of(_decoded(word, number))


def _decoded(word: str, line: int) -> bytes:
    try:
        key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        # `from None`: the cause would carry the text of the key into a log.
        raise BadKeyring(
            f"Line {line} of the keyring is not a base64 key of {KEY_BYTES} bytes; "
            "`openssl rand -base64 32` makes one."
        ) from None
    return key


def _new_line() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"


def _read_private(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # Of the open file, not of the path: nothing can be swapped in between.
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS_MAY:
                raise BadKeyring(
                    f"The keyring {path} may be read by others than its owner: chmod 600 {path}"
                )
            return file.read()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeyring(f"The keyring {path} cannot be read: {_reason(error)}") from None


@contextlib.contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """A private file next to `path` that holds `text`, on disk before it takes its place."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield new
        _sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise BadKeyring(f"The keyring {path} cannot be written: {_reason(error)}") from None
    finally:
        new.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is not a text file"
