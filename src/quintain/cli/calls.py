"""`quintain call`: one prompt through the gateway, the answer as it arrives."""

import sys
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import typer

from quintain.cli import screen
from quintain.cli.answers import DONE, Piece, piece_of, whole
from quintain.cli.exits import Failure, wrong_usage
from quintain.cli.options import Json, Spelled
from quintain.cli.session import with_server
from quintain.cli.sse import events
from quintain.cli.wire import Wire

PATH = "/v1/chat/completions"
_ENDINGS = {
    "length": "The answer was cut off at the model's token limit.",
    "content_filter": "The target blocked this prompt (finish_reason: content_filter).",
}


def call(
    spelled: Spelled,
    prompt: Annotated[str, typer.Argument(help="What to ask; - reads it from stdin.")],
    system: Annotated[str | None, typer.Option("--system", help="A system message.")] = None,
    no_stream: Annotated[
        bool, typer.Option("--no-stream", help="Ask for the answer in one piece.")
    ] = False,
    max_wait: Annotated[
        float | None,
        typer.Option("--max-wait", min=0, help="Seconds to wait for a turn under the rate limit."),
    ] = None,
    session: Annotated[
        str,
        typer.Option(
            "--session", help="The conversation that a chatbot keeps, by your name for it."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Send one prompt to a model and print what it says as it arrives.

    $ quintain call gpt "Say hello."
    $ git diff | quintain call gpt - --system "Review this change."
    $ quintain call helpdesk "My name is Ada." --session ada
    $ quintain call gpt "Say hello." --json | jq .usage
    """
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": _read(prompt)})
    body = {"model": spelled, "messages": messages, "stream": not (no_stream or json)}
    headers = _headers(max_wait, session)
    if json:
        answer = with_server(lambda wire: _ask(wire, body, headers))
        screen.print_json(answer)
    elif no_stream:
        _print_whole(with_server(lambda wire: _ask(wire, body, headers)))
    else:
        with_server(lambda wire: _print_stream(wire, body, headers))


def _read(prompt: str) -> str:
    if prompt != "-":
        return prompt
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong_usage("The prompt on standard input is not UTF-8 text.") from error


def _headers(max_wait: float | None, session: str) -> dict[str, str]:
    headers = {} if max_wait is None else {"X-Quintain-Max-Wait": f"{max_wait:g}"}
    return headers | ({"X-Quintain-Session": session} if session else {})


async def _ask(wire: Wire, body: Any, headers: dict[str, str]) -> Any:
    async with wire.send("POST", PATH, body=body, headers=headers) as reply:
        return wire.parsed(reply, await reply.read())


def _print_whole(answer: Any) -> None:
    shower = Shower()
    shower.show(whole(answer))
    shower.end()


async def _print_stream(wire: Wire, body: Any, headers: dict[str, str]) -> None:
    shower = Shower()
    try:
        async for piece in stream(wire, body, headers):
            shower.show(piece)
    finally:
        shower.end()


async def stream(wire: Wire, body: Any, headers: dict[str, str]) -> AsyncIterator[Piece]:
    """The pieces of a streamed answer. Raises Failure when it breaks off before its end."""
    async with wire.send("POST", PATH, body=body, headers=headers) as reply:
        async for event in events(reply.content.iter_any()):
            if event == DONE:
                return
            yield piece_of(event)
    raise Failure("The answer broke off before its end.")


class Shower:
    """Writes pieces to stdout at once; harmless on a terminal, untouched in a pipe."""

    def __init__(self, write: Callable[[str], Any] | None = None) -> None:
        self._at_terminal = sys.stdout.isatty()
        self._write = write or sys.stdout.write
        self._line_open = False
        self._finish = ""

    def show(self, piece: Piece) -> None:
        text = screen.plain(piece.text, keep="\n\t") if self._at_terminal else piece.text
        if text:
            self._write(text)
            sys.stdout.flush()
            self._line_open = not text.endswith("\n")
        for tool in piece.tools:
            screen.say(f"It calls the tool {tool}.", "dim")
        self._finish = piece.finish or self._finish

    def end(self) -> None:
        """Close the line, and say what the text alone does not tell."""
        if self._line_open:
            self._write("\n")
            sys.stdout.flush()
        if note := _ENDINGS.get(self._finish):
            screen.say(note, "yellow")
