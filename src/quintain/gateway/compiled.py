"""A model made ready for calls: all that does not change from one to the next."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from quintain.dialects.base import RESPONSES, Mender, Signer, Speaker, Translator
from quintain.dialects.jq import Jq
from quintain.dialects.page import PageSpeaker, PageTarget
from quintain.dialects.table import DIALECTS, compile_speaker
from quintain.gateway.credentials import keys_of, login_for
from quintain.gateway.keyturn import KeyTurn
from quintain.gateway.logins.tokens import Login
from quintain.gateway.masking import spellings_to_mask
from quintain.gateway.sessions.plan import Plan
from quintain.registry.logins import login_of
from quintain.registry.providers import DEFAULT_RATE_PER_MIN, effective
from quintain.registry.schema import Blocked, Metadata, ModelConfig, Timeouts


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
    """timeouts in seconds; None leaves them to the server's settings.

    translator: the speaker again, where the target has an API that is not OpenAI's. signer: the speaker
    again, where requests are signed instead of carrying a key. login: where a token is got that
    calls carry instead of a key. known: the registration's own secrets, as they may stand in what
    its target sends back. responds: the target speaks the Responses API itself. session: how
    conversations are kept, None where the target keeps none. trace: the jq for an agent's
    steps. page: what the browser drives, where the model is a page.
    mender: the speaker again, where answers may need a change to be in OpenAI's shape.
    """

    identity: Identity
    speaker: Speaker
    translator: Translator | None
    signer: Signer | None
    dialect: str
    keys: KeyTurn
    login: Login | None
    rate: int
    internal: bool
    inputs: frozenset[str]
    outputs: frozenset[str]
    timeouts: Timeouts
    blocked: Blocked | None
    known: tuple[bytes, ...]
    responds: bool = False
    session: Plan | None = None
    trace: str | None = None
    mender: Mender | None = None
    page: PageTarget | None = None

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """All that is to be masked now, the login's latest tokens among it."""
        return self.known if self.login is None else self.login.secrets


def compile_model(
    identity: Identity, model_name: str | None, config: ModelConfig, jq: Jq
) -> Compiled:
    """config: as registered; the provider's defaults are filled in here."""
    full = effective(config)
    speaker = compile_speaker(identity.saved_name, model_name, full, jq)
    # A token is sent as it is, so it needs no signature.
    signer = speaker if isinstance(speaker, Signer) and login_of(config) is None else None
    known = spellings_to_mask(full, parts=signer is not None)
    translator = speaker if isinstance(speaker, Translator) else None
    page = speaker.target if isinstance(speaker, PageSpeaker) else None
    metadata = full.metadata or Metadata()
    return Compiled(
        identity=identity,
        speaker=speaker,
        translator=translator,
        signer=signer,
        dialect=DIALECTS[full.model_provider].name,
        keys=keys_of(full, signs=signer is not None),
        login=login_for(config, full, known, identity.label),
        rate=full.rate_per_min or DEFAULT_RATE_PER_MIN,
        internal=full.hosting_type == "Internal",
        inputs=frozenset(full.input_modalities or ("text",)),
        outputs=frozenset(full.output_modalities or ("text",)),
        timeouts=metadata.timeouts or Timeouts(),
        blocked=metadata.blocked,
        known=known,
        responds=translator is None and page is None and bool((full.paths or {}).get(RESPONSES)),
        session=Plan.of(model_name or identity.saved_name, full, kept=page is not None),
        trace=metadata.trace,
        page=page,
        mender=speaker if isinstance(speaker, Mender) else None,
    )
