"""The keys of the free-form metadata that have an effect, checked when a model is registered."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from quintain.dialects.jq import Jq
from quintain.errors import Detail
from quintain.registry.fields import HeaderName
from quintain.registry.schema import Metadata, ModelConfig, Session

_ROOT = "model_config.metadata"
_HEADER = TypeAdapter(HeaderName)


async def check_metadata(config: ModelConfig, jq: Jq) -> list[Detail]:
    """Every wrong one, by its full path."""
    metadata = config.metadata or Metadata()
    found = []
    programs = {"trace": metadata.trace}
    if metadata.blocked is not None:
        programs["blocked.match"] = metadata.blocked.match
    if metadata.session is not None:
        found += _session(metadata.session)
        programs["session.read"] = _program(metadata.session)
    for field, program in programs.items():
        found += await check_jq(f"{_ROOT}.{field}", program, jq)
    return found


def _session(session: Session) -> list[Detail]:
    field, read = f"{_ROOT}.session.read", (session.read or "").strip()
    if session.kind == "server" and not read:
        return [
            Detail(
                field, "is required for kind server: jq over the answer, header:NAME or cookie:NAME"
            )
        ]
    if session.kind != "server" and read:
        return [Detail(field, "has an effect with kind server alone")]
    if session.kind == "none" and session.open is not None:
        return [Detail(f"{_ROOT}.session.open", "has no effect with kind none")]
    where, colon, name = read.partition(":")
    if colon and where in {"header", "cookie"} and not _is_name(name.strip()):
        return [Detail(field, f"names no valid {where} after the colon")]
    return []


def _program(session: Session) -> str | None:
    read = session.read or ""
    return None if read.startswith(("header:", "cookie:")) else read or None


def _is_name(name: str) -> bool:
    try:
        return bool(_HEADER.validate_python(name))
    except ValidationError:
        return False


async def check_jq(field: str, program: str | None, jq: Jq) -> list[Detail]:
    """What is wrong with a program, where there is one."""
    if not program:
        return []
    try:
        await jq.check(program)
    except ValueError as error:
        return [Detail(field, f"is not valid jq: {error}")]
    return []
