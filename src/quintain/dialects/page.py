"""Pages (provider url): what a registration must have, and which text of a call is typed.

The page itself is driven by quintain/pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from yarl import URL

from quintain.dialects.base import Ask, Outgoing
from quintain.dialects.chat import chat_of
from quintain.dialects.jq import Jq
from quintain.dialects.options import lost
from quintain.dialects.urls import join
from quintain.errors import BadRequest, Detail
from quintain.registry.schema import Endpoint, Metadata, ModelConfig, Page, Target

# A page is read by anybody, so it takes no key; and it has no body for these to stand in.
_PLACELESS = (
    "apikeys", "auth_data", "custom_headers", "custom_payload", "custom_response_format",
    "custom_response_content_type", "custom_curl_command", "system_prompt",
    "default_request_options",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageTarget:
    """One page. internal: the model's hosting_type is Internal. connect_s: seconds, None: unset."""

    url: URL
    hints: Page
    internal: bool
    connect_s: float | None = None

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"{self.url.host}:{self.url.port}"


class UrlPage:
    name = "url"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        del jq
        config = target.config
        found = [
            Detail(f"model_config.{name}", "has no place on a page: leave it out")
            for name in _PLACELESS
            if getattr(config, name)
        ]
        if not (config.endpoint and config.endpoint.host):
            found.append(
                Detail("model_config.endpoint.host", "is required: the host of the page's address")
            )
        return found

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> PageSpeaker:
        del model_name, jq
        return PageSpeaker(config)


class PageSpeaker:
    """target: the page. What is sent to it is the text of `outgoing`'s body."""

    def __init__(self, config: ModelConfig) -> None:
        metadata = config.metadata or Metadata()
        hints = metadata.page or Page()
        self._config = config
        self.target = PageTarget(
            url=_address(config, hints),
            hints=hints,
            internal=config.hosting_type == "Internal",
            connect_s=metadata.timeouts.connect_s if metadata.timeouts else None,
        )

    def outgoing(self, ask: Ask) -> Outgoing:
        """The last message of the user: what came before it, the page remembers by itself.

        A page has no place for a system message: it is said with the first turn.
        """
        dropped = lost(ask)
        chat = chat_of(ask, self._config)
        last = chat.turns[-1]
        if last.role != "user" or last.media or not last.text.strip():
            raise BadRequest(
                "A page takes text alone: the last message must be the user's, of text.",
                param="messages",
            )
        system = "" if ask.continued else chat.system
        text = "\n\n".join(filter(None, [system, last.text]))
        return Outgoing(self.target.url, text.encode(), dropped)


def _address(config: ModelConfig, hints: Page) -> URL:
    endpoint = config.endpoint or Endpoint()
    path = (config.paths or {}).get("chat") or ""
    url = join(endpoint, path)
    base = endpoint.base_path or ""
    if not path and base.strip("/") and base.endswith("/"):
        url /= ""  # a page's relative links depend on it
    return url.with_fragment(hints.fragment) if hints.fragment else url
