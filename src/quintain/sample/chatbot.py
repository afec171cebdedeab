"""The sample chatbot as a process: `python -m quintain.sample.chatbot --port 8090 --key-stdin`.

The key comes from a file or the standard input, since what stands in a command line is seen by
every user of the machine. One line on the standard output says that it is ready; its last word is
the address. What it knows and where it is weak: desk.py.
"""

from __future__ import annotations

import argparse
import hmac
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from quintain.sample import openai_face, own_face
from quintain.sample.reading import MAX_BODY, Refused

if TYPE_CHECKING:
    from types import ModuleType

    from aiohttp.typedefs import Handler

_KEY = web.AppKey("key", bytes)


def _face(request: web.Request) -> ModuleType:
    return openai_face if request.path.startswith("/v1/") else own_face


def _check(given: str, key: bytes) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), key):
        raise Refused(401, "The key is missing or not valid.")


@web.middleware
async def _in_its_own_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only the holder of the key in, and tell every failure in the format that was asked."""
    face = _face(request)
    try:
        _check(face.key_of(request), request.app[_KEY])
        return await handler(request)
    except (Refused, web.HTTPException) as refused:
        response: web.Response = face.fault(refused.status, refused.reason)
        return response


def build(key: str) -> web.Application:
    """Build the chatbot as an application that answers to one key."""
    app = web.Application(middlewares=[_in_its_own_words], client_max_size=MAX_BODY)
    app[_KEY] = key.encode()
    app.router.add_post("/bot/reply", own_face.reply)
    app.router.add_post("/v1/chat/completions", openai_face.complete)
    app.router.add_get("/v1/models", openai_face.models)
    return app


def run(host: str, port: int, key: str) -> None:
    """Serve until a signal. Port 0 takes a free one. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    # Connections queue up from here on, so that the line may be believed at once.
    print(f"sample chatbot ready at http://{shown}:{listening.getsockname()[1]}", flush=True)  # noqa: T201
    web.run_app(build(key), sock=listening, print=None, access_log=None, shutdown_timeout=1.0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m quintain.sample.chatbot", description="A small chatbot to test."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--key-file", type=Path, help="a file that holds the chatbot's API key")
    source.add_argument("--key-stdin", action="store_true", help="read the key's line from stdin")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    try:
        key = arguments.key_file.read_text() if arguments.key_file else sys.stdin.readline()
        if not key.strip():
            sys.exit("The key is empty: give one of any length.")
        run(arguments.host, arguments.port, key.strip())
    except OSError as error:
        sys.exit(f"The sample chatbot cannot start: {error}.")


if __name__ == "__main__":
    main()
