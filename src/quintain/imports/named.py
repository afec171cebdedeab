"""A model by its provider's name, as configurations of other tools have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from quintain.imports.draft import Draft
from quintain.imports.hosts import ALIASES, base_path_of, provider_at
from quintain.imports.refusal import Unimportable
from quintain.imports.request import address_of
from quintain.imports.secretive import names_variable, stands_in
from quintain.registry.providers import defaults
from quintain.secret import Secret

_COMPATIBLE = {"anthropic": "anthropic_compatible", "cohere": "cohere_compatible"}


@dataclass(slots=True)
class Named:
    """alias: the tool's name of the provider. key: as it stands there, perhaps only named.

    aws: access key id, secret access key and, where there is one, session token.
    """

    alias: str
    model: str
    label: str
    base_url: str = ""
    key: str = ""
    api_version: str = ""
    region: str = ""
    aws: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def draft(self) -> Draft:
        """Raises Unimportable for a provider that is not known and has no address."""
        provider, usual = ALIASES.get(self.alias.lower(), ("", ""))
        if not provider and not self.base_url:
            raise Unimportable(
                f"{self.alias[:64]} is not a provider that quintain speaks to; with an address it could be openai_compatible."
            )
        draft = Draft(self.label, {"model_provider": provider or "openai_compatible"}, self.model)
        if not provider:
            draft.note(
                f"{self.alias[:64]} is not known: it is taken for a target that speaks OpenAI's API."
            )
        self._place(draft, usual)
        self._secrets(draft)
        if self.options:
            draft.config["default_request_options"] = self.options
        return draft

    @property
    def aws_key(self) -> str:
        """AWS's keys as the one key of a registration, "" where they are not given."""
        parts = [part for part in self.aws if part]
        known = len(parts) >= 2 and not any(map(stands_in, parts))
        return ":".join(parts) if known else ""

    def _place(self, draft: Draft, usual: str) -> None:
        provider = draft.config["model_provider"]
        base_url = "" if names_variable(self.base_url) else self.base_url
        if self.base_url and not base_url:
            draft.note(
                f"endpoint: the source names the address without giving it ({self.base_url[:64]}); give it."
            )
        if provider == "bedrock":
            _bedrock(draft, self.region, base_url)
        elif provider == "azure_openai":
            _azure(draft, base_url, self.model, self.api_version)
        elif base_url or usual:
            _based(draft, base_url or usual)
        elif not defaults(provider).base_url and provider.endswith("_compatible"):
            draft.note("endpoint: the source does not tell the target's address; give it.")

    def _secrets(self, draft: Draft) -> None:
        if self.key and not stands_in(self.key):
            draft.config["apikeys"] = [Secret(self.key)]
        elif self.aws_key:
            draft.config["apikeys"] = [Secret(self.aws_key)]
        elif draft.config["model_provider"] != "openai_compatible" or self.key:
            named = f" ({self.key[:64]})" if self.key else ""
            draft.note(f"apikeys: the source does not give the key{named}; give it.")
        headers = []
        for name, value in self.headers.items():
            if stands_in(value):
                draft.note(
                    f"custom_headers: the source names the value of {name[:64]} without giving it; add it."
                )
            else:
                headers.append({"key": name, "value": Secret(value)})
        draft.config["custom_headers"] = headers


def _based(draft: Draft, base_url: str) -> None:
    """An address that is not the provider's own makes it a compatible one."""
    provider = draft.config["model_provider"]
    address = address_of(base_url)
    own = defaults(provider).base_url
    if (
        own
        and URL(own).host == address.host
        and base_path_of(address) in {"", URL(own).path.rstrip("/")}
    ):
        return
    if provider_at(address) != provider and provider != "gemini":
        draft.config["model_provider"] = (
            provider
            if provider.endswith("_compatible")
            else _COMPATIBLE.get(provider, "openai_compatible")
        )
    draft.target(address.scheme, address.host, address.port, base_path_of(address))


def _azure(draft: Draft, base_url: str, model: str, version: str) -> None:
    if not base_url:
        draft.note(
            "endpoint: the source does not tell the resource's address (https://NAME.openai.azure.com); give it."
        )
        return
    address = address_of(base_url)
    draft.target(address.scheme, address.host, address.port)
    if version and not stands_in(version):
        draft.config["paths"] = {
            "chat": f"/openai/deployments/{model}/chat/completions?api-version={version}"
        }


def _bedrock(draft: Draft, region: str, base_url: str) -> None:
    if base_url:
        address = address_of(base_url)
        draft.target(address.scheme, address.host, address.port)
    elif region and not stands_in(region) and region.replace("-", "").isalnum():
        draft.config["metadata"] = {"aws_region": region}
    else:
        draft.note("endpoint: the source does not tell the region; give metadata.aws_region.")
