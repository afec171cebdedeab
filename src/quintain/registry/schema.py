"""What a model's registration looks like: the one schema behind every way in.

Field by field with its effect: docs/models.md. `None` means absent throughout.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from quintain.registry.fields import (
    BasePath,
    BlankIsNone,
    HeaderName,
    HeaderSecret,
    HeaderText,
    Host,
    JsonTemplate,
    Name,
    Path,
    SecretText,
    Strict,
    Version,
)
from quintain.secret import Secret

Provider = Literal[
    "openai", "azure_openai", "anthropic", "cohere", "mistral", "gemini", "bedrock", "huggingface",
    "together", "groq", "ai21", "fireworks", "alibaba", "deepseek", "portkey", "llama",
    "openai_compatible", "anthropic_compatible", "cohere_compatible", "custom", "url",
]  # fmt: skip
TestingFor = Literal["foundationModels", "chatbotsAndCopilots", "agents", "URL"]
Role = Literal["system", "user", "assistant", "tool"]
Modality = Literal["text", "image", "audio", "video", "code"]
Json = Any
MAX_ITEMS = 1000


class Endpoint(Strict):
    scheme: Literal["http", "https"] | None = None
    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    base_path: BasePath | None = None


class AuthData(Strict):
    """How a key travels: `<header_name>: <header_prefix><space?><key>`.

    Further entries are secrets of their own; a custom endpoint's headers and payload name them as
    `{auth.NAME}`.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, HeaderSecret] = Field(init=False)

    header_name: HeaderName | None = None
    header_prefix: HeaderText | None = None
    space_after_prefix: bool | None = None

    @property
    def further(self) -> dict[str, Secret]:
        return self.__pydantic_extra__ or {}

    @property
    def filling(self) -> dict[str, str]:
        """What the placeholders `auth.NAME` stand for. A secret that was lost is left out."""
        return {
            f"auth.{name}": each.reveal() for name, each in self.further.items() if each.readable
        }

    @property
    def scheme(self) -> str:
        """What stands before the key, with its space."""
        prefix = self.header_prefix or ""
        return prefix + (" " if prefix and self.space_after_prefix is not False else "")


class Header(Strict):
    key: Annotated[HeaderName, Field(min_length=1)]
    value: HeaderSecret


class JwtConfig(Strict):
    """The login that a token is fetched from: as it is given, or by OAuth 2.0 where a grant is named.

    The rules over several fields are in logins.py.
    """

    jwt_method: Literal["GET", "POST"] = "POST"
    jwt_url: Annotated[str, Field(max_length=2048)] = ""
    jwt_headers: Annotated[list[Header], Field(max_length=100, default_factory=list)]
    jwt_body: SecretText | None = None
    jwt_response_key: Annotated[str, Field(max_length=512)] = ""
    grant_type: Annotated[Literal["client_credentials"] | None, BlankIsNone] = None
    client_id: Annotated[str, Field(max_length=1024)] | None = None
    client_secret: Annotated[SecretText | None, BlankIsNone] = None
    client_auth: Annotated[Literal["basic", "body"] | None, BlankIsNone] = None
    scope: Annotated[str, Field(max_length=4096)] | None = None
    audience: Annotated[str, Field(max_length=2048)] | None = None


class Tool(Strict):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: Annotated[str, Field(max_length=8192)] = ""
    parameters: dict[str, Json] | None = None


class Context(Strict):
    system_description: Annotated[str, Field(max_length=2000)] | None = None
    policy_description: Annotated[str, Field(max_length=5000)] | None = None


class Opening(Strict):
    """The call that begins a conversation, before the first message of it."""

    method: Literal["GET", "POST"] = "POST"
    path: Path
    payload: JsonTemplate | None = None


class Session(Strict):
    """How a chatbot keeps a conversation.

    read: where a `server` session's id is found: jq over the body, `header:NAME` or `cookie:NAME`.
    """

    kind: Literal["none", "client", "server"] = "none"
    read: Annotated[str, Field(max_length=2048)] | None = None
    open: Opening | None = None


class Blocked(Strict):
    """How the target says that its own guard stopped a prompt. match: jq over the body."""

    statuses: Annotated[
        list[Annotated[int, Field(ge=200, le=599)]], Field(min_length=1, max_length=MAX_ITEMS)
    ]
    match: Annotated[str, Field(min_length=1, max_length=16_384)] | None = None


class Timeouts(Strict):
    """In seconds; unset, the server's settings hold."""

    connect_s: Annotated[float, Field(gt=0, le=300)] | None = None
    read_s: Annotated[float, Field(gt=0, le=3600)] | None = None


Selector = Annotated[str, Field(min_length=1, max_length=1024)]


class Page(Strict):
    """Where things are on a chat page, as CSS selectors, for what is not found by itself.

    answer: the bot's messages. open and dismiss: clicked one after the other, once the page is
    there. ready: what must be seen before the first prompt. settle_ms: how long an answer must not
    grow to be whole. fragment: what stands behind the address's `#`.
    """

    input: Selector | None = None
    send: Selector | None = None
    answer: Selector | None = None
    open: Annotated[list[Selector], Field(max_length=10)] | None = None
    dismiss: Annotated[list[Selector], Field(max_length=10)] | None = None
    frame: Selector | None = None
    ready: Selector | None = None
    settle_ms: Annotated[int, Field(ge=100, le=60_000)] | None = None
    fragment: Annotated[str, Field(max_length=1024)] | None = None


class Metadata(Strict):
    """Free-form, but for the keys that have an effect.

    trace: jq over an agent's answer, its steps. message_roles: what a custom target calls OpenAI's
    roles. canaries: texts that no answer may hold, for test runs. aws_region: where a bedrock
    model is, and what its calls are signed for.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Json] = Field(init=False)

    session: Session | None = None
    blocked: Blocked | None = None
    timeouts: Timeouts | None = None
    page: Page | None = None
    trace: Annotated[str, Field(min_length=1, max_length=16_384)] | None = None
    message_roles: dict[Role, Annotated[str, Field(max_length=64)]] | None = None
    canaries: (
        Annotated[list[Annotated[str, Field(min_length=4, max_length=256)]], Field(max_length=100)]
        | None
    ) = None
    aws_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] | None = None


class ModelConfig(Strict):
    model_provider: Provider
    hosting_type: Literal["External", "Internal"] | None = None
    input_modalities: Annotated[list[Modality], Field(max_length=16)] | None = None
    output_modalities: Annotated[list[Modality], Field(max_length=16)] | None = None
    model_source: Annotated[str, Field(max_length=2048)] | None = None
    rate_per_min: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    system_prompt: Annotated[str, Field(max_length=262_144)] | None = None
    endpoint: Endpoint | None = None
    paths: (
        Annotated[dict[Annotated[str, Field(max_length=64)], Path | None], Field(max_length=32)]
        | None
    ) = None
    auth_data: AuthData | None = None
    apikeys: Annotated[list[HeaderSecret], Field(max_length=100)] | None = None
    model_auth_type: Annotated[Literal["apikey", "jwt"] | None, BlankIsNone] = None
    model_jwt_config: JwtConfig | None = None
    custom_headers: Annotated[list[Header], Field(max_length=100)] | None = None
    custom_payload: JsonTemplate | None = None
    custom_response_format: Annotated[str, Field(max_length=16_384)] | None = None
    custom_response_content_type: Annotated[Literal["json", "text", "sse"] | None, BlankIsNone] = (
        None
    )
    custom_curl_command: Annotated[SecretText | None, BlankIsNone] = None
    tools: Annotated[list[Tool], Field(max_length=MAX_ITEMS)] | None = None
    context: Context | None = None
    default_request_options: dict[str, Json] | None = None
    metadata: Metadata | None = None


class Target(Strict):
    """`endpoint_configuration` of a health check: a registration without name and version."""

    testing_for: TestingFor = "foundationModels"
    model_name: Annotated[str, Field(max_length=512)] | None = None
    certifications: list[Annotated[str, Field(max_length=256)]] = Field(
        default_factory=list, max_length=MAX_ITEMS
    )
    config: Annotated[ModelConfig, Field(alias="model_config")]


class AddModel(Target):
    """The body of `POST /models/add-model`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model_saved_name": "Test Model",
                    "model_version": "v1",
                    "testing_for": "foundationModels",
                    "model_name": "mistralai/Mixtral-8x7B-Instruct-v0.1",
                    "model_config": {"model_provider": "together", "apikeys": ["<the key>"]},
                }
            ]
        }
    )

    model_saved_name: Name
    model_version: Version
