"""Whether a chatbot's conversation holds: it is told a code, and asked for it again."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from quintain.cli import screen
from quintain.cli.finding import Model, full_name
from quintain.cli.wire import CALL_S, Wire

PATH = "/v1/chat/completions"
_TELL = "Please remember this code for me: {}. Just confirm that you have it."
_ASK = "Which code did I ask you to remember? Answer with the code."


@dataclass(frozen=True, slots=True)
class Continuity:
    """holds: the code came back in its conversation. apart: it did not in another one."""

    kind: str
    holds: bool
    apart: bool
    told: str
    recalled: str
    elsewhere: str

    @property
    def sound(self) -> bool:
        return self.holds and self.apart

    @property
    def sentence(self) -> str:
        if not self.holds:
            return (
                "The session does not hold: asked for the code in the same conversation, it did not"
                " give it. Mend metadata.session, unless the bot cannot recall what it is told."
            )
        if not self.apart:
            return "The session leaks: the code came back in a conversation that was never told it."
        return "The session holds: it gave the code back in its conversation, and in no other."

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"message": self.sentence}


def session_kind(model: Model) -> str:
    """How a registered model keeps conversations; `none` where it does not."""
    config: Mapping[str, Any] = model["model_config"]
    session = (config.get("metadata") or {}).get("session") or {}
    default = "client" if config.get("model_provider") == "url" else "none"
    return str(session.get("kind") or default)


async def examine(wire: Wire, model: Model) -> Continuity:
    """Three calls, in two conversations. Raises Failure where one of them fails."""
    code = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
    one, other = (f"check-{secrets.token_hex(8)}" for _ in range(2))
    told = await _say(wire, model, one, _TELL.format(code))
    recalled = await _say(wire, model, one, _ASK)
    elsewhere = await _say(wire, model, other, _ASK)
    return Continuity(
        session_kind(model),
        holds=code in recalled.upper(),
        apart=code not in elsewhere.upper(),
        told=told,
        recalled=recalled,
        elsewhere=elsewhere,
    )


async def _say(wire: Wire, model: Model, session: str, text: str) -> str:
    body = {"model": full_name(model), "messages": [{"role": "user", "content": text}]}
    headers = {"X-Quintain-Session": session}
    answer = await wire.ask("POST", PATH, body=body, headers=headers, deadline_s=CALL_S)
    return str(answer["choices"][0]["message"].get("content") or "")


def print_continuity(found: Continuity) -> None:
    console = screen.out()
    style = "bold green" if found.sound else "bold red"
    for line in screen.lines_of(found.sentence, console):
        console.print(Text(line, style))
    reply = screen.plain(" ".join(found.recalled.split()))[:200]
    for line in screen.lines_of(f"Asked for it, it said: {reply}", console):
        console.print(Text(line, "dim"))
