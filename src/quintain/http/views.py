"""How models look in answers (docs/models.md): allow-listed, secrets masked."""

from __future__ import annotations

from typing import Any

from quintain.registry.model import Model, Revision
from quintain.registry.providers import shown

# What the official SDK has a place for; it raises on anything else.
_SDK_MODALITIES = {"input_modalities": {"text", "image", "audio"}, "output_modalities": {"text"}}
_SDK_AUTH = {"header_name", "header_prefix", "space_after_prefix"}


def model_view(model: Model) -> dict[str, Any]:
    config = shown(model.config)
    return _head(model) | {
        "model_provider": config["model_provider"],
        "hosting_type": config["hosting_type"],
        "model_config": config,
    }


def sdk_view(model: Model) -> dict[str, Any]:
    """Without the two hoisted keys, and without anything that the SDK does not know."""
    config = shown(model.config)
    for field, known in _SDK_MODALITIES.items():
        if field in config:
            config[field] = [each for each in config[field] if each in known]
    if "auth_data" in config:
        config["auth_data"] = {k: v for k, v in config["auth_data"].items() if k in _SDK_AUTH}
    return _head(model) | {"model_config": config}


def _head(model: Model) -> dict[str, Any]:
    return {
        "created_at": model.created_at.isoformat(timespec="microseconds"),
        "updated_at": model.updated_at.isoformat(timespec="microseconds"),
        "model_id": model.id,
        "testing_for": model.testing_for,
        "model_saved_name": model.saved_name,
        "model_version": model.version,
        "model_name": model.model_name,
        "project_name": model.project,
        "certifications": list(model.certifications),
    }


def revision_view(revision: Revision) -> dict[str, Any]:
    return {
        "revision": revision.revision,
        "action": revision.action,
        "who": revision.who,
        "at": revision.at.isoformat(timespec="microseconds"),
        "model_id": revision.model_id,
        "model_saved_name": revision.saved_name,
        "model_version": revision.version,
        "changes": list(revision.changes),
    }
