"""A registration on its way: what is known of it, and what the user has still to give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from quintain.errors import Detail, Invalid
from quintain.imports.refusal import Unimportable
from quintain.registry.parse import parse_add
from quintain.registry.secrets import places
from quintain.secret import Secret

MAX_MODELS = 100
MAX_NOTES = 500
MAX_NAME = 100
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_INSIDE = re.compile(
    r"localhost|127\..*|0\.0\.0\.0|::1|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|f[cd][0-9a-f]{2}:.*"
    r"|[^.:]+|.*\.(?:local|internal|lan|localhost|home|corp|svc|intranet)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Draft:
    """label: what the saved name is made of. config: in the API's words, secrets as `Secret`."""

    label: str
    config: dict[str, Any]
    model_name: str = ""
    notes: list[str] = field(default_factory=list)

    def note(self, *sentences: str) -> None:
        self.notes += sentences

    def system(self, text: str) -> None:
        if text:
            self.config["system_prompt"] = text
            self.note(
                "system_prompt: the source's system message is put before every conversation."
            )

    def target(self, scheme: str, host: str, port: int | None, base_path: str = "") -> None:
        """Where it is; an address inside makes it `Internal`."""
        endpoint: dict[str, Any] = {"scheme": scheme}
        if host:
            endpoint["host"] = host
        else:
            self.note("endpoint.host: the source does not tell the target's host; give it.")
        if port is not None:
            endpoint["port"] = port
        if base_path.strip("/"):
            endpoint["base_path"] = base_path.rstrip("/")
        self.config["endpoint"] = endpoint
        if host and _INSIDE.fullmatch(host):
            self.config["hosting_type"] = "Internal"
            self.note(
                f"{host[:100]} is inside: it is registered as Internal, and the operator has to allow its address."
            )


@dataclass(frozen=True, slots=True)
class Imported:
    """What a source came to. models: bodies of add-model, with `Secret` in the secret places."""

    kind: str
    models: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]

    @property
    def secrets(self) -> list[str]:
        """Where secrets stand, from the answer's top: `models.0.model_config.apikeys.0`."""
        return [
            f"models.{n}.{path}"
            for n, model in enumerate(self.models)
            for path, _, _ in places(model["model_config"])
        ]


def finished(
    kind: str, drafts: Iterable[Draft], further: Iterable[str] = (), name: str = ""
) -> Imported:
    """Bodies that add-model's schema takes, each under a name of its own.

    Raises Unimportable when nothing came of the source.
    """
    models: list[dict[str, Any]] = []
    notes, taken = list(further), set[str]()
    drafts = list(drafts)
    for draft in drafts[:MAX_MODELS]:
        saved = _free(_named(name or draft.label), taken)
        body = _fitting(_body(draft, saved), draft)
        models.append(body)
        notes += [
            f"{saved}: {note}" if len(drafts) > 1 else note for note in dict.fromkeys(draft.notes)
        ]
    if not models:
        raise Unimportable(
            " ".join(notes[:5]) or "The source holds nothing that could be registered."
        )
    if len(drafts) > MAX_MODELS:
        notes.append(f"Only the first {MAX_MODELS} of {len(drafts)} models are given.")
    return Imported(kind, tuple(models), tuple(notes[:MAX_NOTES]))


def written_out(value: Any) -> Any:
    """The same with its secrets whole, for whoever registers it."""
    return _without(value, Secret.reveal)


def masked(value: Any) -> Any:
    """The same with masks in the place of secrets, to look at."""
    return _without(value, Secret.mask)


def _without(value: Any, show: Any) -> Any:
    if isinstance(value, Secret):
        return show(value)
    if isinstance(value, dict):
        return {key: _without(inner, show) for key, inner in value.items()}
    return [_without(inner, show) for inner in value] if isinstance(value, list) else value


def _body(draft: Draft, saved: str) -> dict[str, Any]:
    body: dict[str, Any] = {"model_saved_name": saved, "model_version": "v1"}
    custom = draft.config["model_provider"] == "custom"
    body["testing_for"] = (
        "chatbotsAndCopilots" if custom or not draft.model_name else "foundationModels"
    )
    if draft.model_name:
        body["model_name"] = draft.model_name[:512]
    if not custom and not draft.model_name:
        draft.note("model_name: the source does not tell the model's name; give it.")
    empty: tuple[Any, ...] = (None, "", [], {})
    body["model_config"] = {
        key: value
        for key, value in draft.config.items()
        if value not in empty or key == "custom_payload"
    }
    return body


def _named(label: str) -> str:
    return _UNFIT.sub("-", label[:1000]).strip("-.")[:MAX_NAME].strip("-.") or "imported"


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found.lower() in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found.lower())
    return found


def _fitting(body: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """What the schema refuses is left out and said."""
    for _ in range(20):
        try:
            whole = written_out(body)
            parse_add(whole)
            orjson.dumps(whole)
        except Invalid as error:
            for detail in reversed(error.details):
                _leave_out(body, detail, draft)
        except TypeError as error:
            raise Unimportable(
                f"The source holds a value that JSON cannot carry: {error}."
            ) from None
        else:
            return body
    raise Unimportable("The source holds values that no registration can hold.")


def _leave_out(body: dict[str, Any], detail: Detail, draft: Draft) -> None:
    holder: Any = body
    steps = detail.field.split(".")
    for at, step in enumerate(steps):
        key: Any = int(step) if isinstance(holder, list) and step.isdigit() else step
        inner = holder[key] if isinstance(holder, list) or key in holder else None
        last = at == len(steps) - 1 or not isinstance(inner, dict | list)
        if isinstance(holder, list) or last:
            _removed(holder, key)
            draft.note(f"{detail.field[:200]}: left out, since it {detail.message}.")
            return
        holder = inner


def _removed(holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        del holder[key]
    else:
        holder.pop(key, None)


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
