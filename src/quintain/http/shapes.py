"""The JSON schemas of answers, for the API's description; tests hold the answers against them."""

from __future__ import annotations

from quintain.gateway.health import STAGES
from quintain.http.run_shapes import RUN_ANSWERS, RUN_COMPONENTS
from quintain.http.schemas import ANY_TEXT, NUMBER, TEXT, TIME, Schema, exactly, many, maybe, ref
from quintain.imports.kinds import KINDS
from quintain.registry.keys import ROLES
from quintain.registry.schema import AddModel

_REQUEST = AddModel.model_json_schema(by_alias=True)["properties"]
_MODEL = exactly(
    {
        "created_at": TIME,
        "updated_at": TIME,
        "model_id": NUMBER,
        **{name: schema for name, schema in _REQUEST.items() if name != "model_config"},
        "project_name": TEXT,
        "model_provider": TEXT,
        "hosting_type": {"enum": ["External", "Internal"]},
        "model_config": ref("ModelConfig"),
    }
)
_PAGINATION = exactly(
    {
        **dict.fromkeys(("page", "per_page", "total_count", "total_pages"), NUMBER),
        **{key: {"type": "boolean"} for key in ("has_next", "has_previous")},
    }
)
_IMPORTED = exactly(
    {**_REQUEST, "model_config": ref("ModelConfig")},
    optional=("model_name", "certifications"),
)
_CHANGE: Schema = {"type": "object", "properties": {"field": TEXT}, "required": ["field"]}
_REVISION = exactly(
    {
        "revision": NUMBER,
        "action": {"enum": ["added", "modified", "deleted"]},
        "who": TEXT,
        "at": TIME,
        "model_id": NUMBER,
        "model_saved_name": TEXT,
        "model_version": TEXT,
        "changes": many(_CHANGE),
    }
)
_RUNG = exactly(
    {
        "stage": {"enum": list(STAGES)},
        "result": {"enum": ["ok", "failed", "skipped"]},
        "ms": maybe({"type": "number"}),
        "message": maybe(TEXT),
    }
)
_HEALTH = exactly(
    {
        "status": {"enum": ["healthy", "unhealthy"]},
        "message": TEXT,
        "data": exactly({"query": TEXT, "response": ANY_TEXT, "diagnosis": many(_RUNG)}),
        "error": {"const": ""},
    }
)
_KEY_FIELDS = {
    "id": NUMBER,
    "prefix": TEXT,
    "name": TEXT,
    "role": {"enum": list(ROLES)},
    "project_name": TEXT,
    "models": maybe(many(TEXT)),
    "created_at": TIME,
    **dict.fromkeys(("expires_at", "last_used_at", "revoked_at"), maybe(TIME)),
}
_ROTATION = exactly(
    {"done": NUMBER, "total": NUMBER, "running": {"type": "boolean"}, "error": maybe(TEXT)}
)
_VAULT = exactly(
    {
        "keys": many(exactly({"id": TEXT, "primary": {"type": "boolean"}, "models": NUMBER})),
        "needs_reentry": NUMBER,
        "rotation": maybe(_ROTATION),
    }
)

COMPONENTS: dict[str, Schema] = {
    "Model": _MODEL,
    "ChangedModel": exactly({"message": TEXT, "data": ref("Model")}),
    "Models": exactly(
        {"models": many(ref("Model")), "pagination": _PAGINATION}, optional=("pagination",)
    ),
    "History": exactly({"revisions": many(_REVISION)}),
    "Imported": exactly(
        {
            "kind": {"enum": list(KINDS)},
            "models": {**many(_IMPORTED), "minItems": 1},
            "notes": many(TEXT),
            "secrets": many(TEXT),
        }
    ),
    "Health": _HEALTH,
    "Key": exactly(_KEY_FIELDS),
    "Keys": exactly({"keys": many(ref("Key"))}),
    "NewKey": exactly({"message": TEXT, "data": exactly(_KEY_FIELDS | {"key": TEXT})}),
    "RevokedKey": exactly({"message": TEXT, "data": ref("Key")}),
    "Vault": _VAULT,
    "Status": exactly({"status": TEXT}),
    "Error": exactly(
        {
            "message": TEXT,
            "error": TEXT,
            "details": {**many(exactly({"field": ANY_TEXT, "message": TEXT})), "minItems": 1},
            "request_id": TEXT,
        },
        optional=("details",),
    ),
    **RUN_COMPONENTS,
}

# Which of them a route answers with; every route of the description has one here.
ANSWERS: dict[tuple[str, str], str] = {
    ("POST", "/models/add-model"): "ChangedModel",
    ("GET", "/models/get-model"): "Model",
    ("GET", "/models/list-models"): "Models",
    ("PATCH", "/models/modify-model"): "ChangedModel",
    ("DELETE", "/models/delete-model"): "ChangedModel",
    ("GET", "/models/history"): "History",
    ("POST", "/models/import"): "Imported",
    ("POST", "/redteam/v3/model-health"): "Health",
    ("POST", "/redteam/model-health"): "Health",
    ("POST", "/redteam/v3/model/model-health"): "Health",
    ("GET", "/keys"): "Keys",
    ("POST", "/keys"): "NewKey",
    ("DELETE", "/keys/{prefix_or_id}"): "RevokedKey",
    ("GET", "/vault"): "Vault",
    ("POST", "/vault/rotate"): "Vault",
    ("GET", "/healthz"): "Status",
    ("GET", "/readyz"): "Status",
    **RUN_ANSWERS,
}
