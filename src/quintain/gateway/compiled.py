"""A model made ready for calls: all that does not change from one to the next."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from multidict import CIMultiDict

from quintain.dialects.base import Speaker, Translator
from quintain.dialects.custom import with_auth
from quintain.dialects.jq import Jq
from quintain.dialects.table import DIALECTS, compile_speaker
from quintain.gateway.keyturn import KeyTurn, TargetKey
from quintain.gateway.masking import spellings_to_mask
from quintain.registry.providers import DEFAULT_RATE_PER_MIN, effective
from quintain.registry.schema import Blocked, Metadata, ModelConfig, Timeouts
from quintain.secret import Secret


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is called. gate: what the rate limit counts by; revision orders changes of the rate."""

    saved_name: str
    version: str
    gate: Hashable
    revision: int

    @property
    def label(self) -> str:
        return f"{self.saved_name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """timeouts in seconds; None leaves them to the server's settings."""

    identity: Identity
    speaker: Speaker
    translator: Translator | None  # the speaker again, where the target does not speak OpenAI
    dialect: str
    keys: KeyTurn
    rate: int
    internal: bool
    inputs: frozenset[str]
    outputs: frozenset[str]
    timeouts: Timeouts
    blocked: Blocked | None
    secrets: tuple[bytes, ...]


def compile_model(
    identity: Identity, model_name: str | None, config: ModelConfig, jq: Jq
) -> Compiled:
    """config: as registered; the provider's defaults are filled in here."""
    full = effective(config)
    speaker = compile_speaker(identity.saved_name, model_name, full, jq)
    metadata = full.metadata or Metadata()
    return Compiled(
        identity=identity,
        speaker=speaker,
        translator=speaker if isinstance(speaker, Translator) else None,
        dialect=DIALECTS[full.model_provider].name,
        keys=_keys(full),
        rate=full.rate_per_min or DEFAULT_RATE_PER_MIN,
        internal=full.hosting_type == "Internal",
        inputs=frozenset(full.input_modalities or ("text",)),
        outputs=frozenset(full.output_modalities or ("text",)),
        timeouts=metadata.timeouts or Timeouts(),
        blocked=metadata.blocked,
        secrets=spellings_to_mask(full),
    )


def _keys(config: ModelConfig) -> KeyTurn:
    apikeys = config.apikeys or []
    lost = [not secret.readable for secret in apikeys]
    if (lost and all(lost)) or not all(secret.readable for secret in _shared_secrets(config)):
        return KeyTurn(
            [], "A stored secret of this model cannot be opened and needs to be entered again."
        )
    base = _base_headers(config)
    name = config.auth_data.header_name if config.auth_data else None
    texts = [text for secret in apikeys if secret.readable and (text := secret.reveal())]
    if not texts or not name:
        return KeyTurn([TargetKey(base)])
    return KeyTurn([TargetKey(_with_key(base, name, _prefix(config) + text)) for text in texts])


def _base_headers(config: ModelConfig) -> CIMultiDict[str]:
    headers = CIMultiDict({"Content-Type": "application/json", "Accept": "*/*"})
    given = CIMultiDict[str]()
    for header in config.custom_headers or []:
        given.add(header.key, with_auth(header.value.reveal(), config.auth_data))
    for name in given:
        headers.popall(name, None)
    headers.extend(given)
    return headers


def _with_key(base: CIMultiDict[str], name: str, value: str) -> CIMultiDict[str]:
    headers = base.copy()
    headers[name] = value
    return headers


def _prefix(config: ModelConfig) -> str:
    auth = config.auth_data
    if auth is None or not auth.header_prefix:
        return ""
    return auth.header_prefix + ("" if auth.space_after_prefix is False else " ")


def _shared_secrets(config: ModelConfig) -> list[Secret]:
    """What goes out with every key."""
    further = config.auth_data.further if config.auth_data else {}
    return [*(header.value for header in config.custom_headers or []), *further.values()]
