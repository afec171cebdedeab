"""AWS's event stream written, for tests of what reads it.

Source: docs.aws.amazon.com, "Amazon event stream encoding": lengths, a checksum over them, headers
(each a name, the type 7 and a text), the payload, and a checksum over all.
"""

from __future__ import annotations

import json
import struct
from typing import Any
from zlib import crc32


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    heads = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value.encode())) + value.encode()
        for name, value in headers.items()
    )  # fmt: skip
    prelude = struct.pack("!II", len(heads) + len(payload) + 16, len(heads))
    message = prelude + struct.pack("!I", crc32(prelude)) + heads + payload
    return message + struct.pack("!I", crc32(message))


def event(kind: str, payload: Any) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(payload).encode())


def exception(kind: str, message: str = "no more") -> bytes:
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}  # fmt: skip
    return frame(headers, json.dumps({"message": message}).encode())
