"""The JSON schemas of answers, for the API's description; tests hold the answers against them."""

from __future__ import annotations

from typing import Any

from quintain.gateway.health import STAGES
from quintain.imports.kinds import KINDS
from quintain.registry.keys import ROLES
from quintain.registry.schema import AddModel

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string", "minLength": 1}
_ANY_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "format": "date-time"}


def _exactly(fields: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in fields if name not in optional]
    return {
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": False,
    }


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_REQUEST = AddModel.model_json_schema(by_alias=True)["properties"]
_MODEL = _exactly(
    {
        "created_at": _TIME,
        "updated_at": _TIME,
        "model_id": _NUMBER,
        **{name: schema for name, schema in _REQUEST.items() if name != "model_config"},
        "project_name": _TEXT,
        "model_provider": _TEXT,
        "hosting_type": {"enum": ["External", "Internal"]},
        "model_config": _ref("ModelConfig"),
    }
)
_PAGINATION = _exactly(
    {
        **dict.fromkeys(("page", "per_page", "total_count", "total_pages"), _NUMBER),
        **{key: {"type": "boolean"} for key in ("has_next", "has_previous")},
    }
)
_IMPORTED = _exactly(
    {**_REQUEST, "model_config": _ref("ModelConfig")},
    optional=("model_name", "certifications"),
)
_CHANGE: Schema = {"type": "object", "properties": {"field": _TEXT}, "required": ["field"]}
_REVISION = _exactly(
    {
        "revision": _NUMBER,
        "action": {"enum": ["added", "modified", "deleted"]},
        "who": _TEXT,
        "at": _TIME,
        "model_id": _NUMBER,
        "model_saved_name": _TEXT,
        "model_version": _TEXT,
        "changes": _many(_CHANGE),
    }
)
_RUNG = _exactly(
    {
        "stage": {"enum": list(STAGES)},
        "result": {"enum": ["ok", "failed", "skipped"]},
        "ms": _maybe({"type": "number"}),
        "message": _maybe(_TEXT),
    }
)
_HEALTH = _exactly(
    {
        "status": {"enum": ["healthy", "unhealthy"]},
        "message": _TEXT,
        "data": _exactly({"query": _TEXT, "response": _ANY_TEXT, "diagnosis": _many(_RUNG)}),
        "error": {"const": ""},
    }
)
_KEY_FIELDS = {
    "id": _NUMBER,
    "prefix": _TEXT,
    "name": _TEXT,
    "role": {"enum": list(ROLES)},
    "project_name": _TEXT,
    "models": _maybe(_many(_TEXT)),
    "created_at": _TIME,
    **dict.fromkeys(("expires_at", "last_used_at", "revoked_at"), _maybe(_TIME)),
}
_ROTATION = _exactly(
    {"done": _NUMBER, "total": _NUMBER, "running": {"type": "boolean"}, "error": _maybe(_TEXT)}
)
_VAULT = _exactly(
    {
        "keys": _many(_exactly({"id": _TEXT, "primary": {"type": "boolean"}, "models": _NUMBER})),
        "needs_reentry": _NUMBER,
        "rotation": _maybe(_ROTATION),
    }
)

COMPONENTS: dict[str, Schema] = {
    "Model": _MODEL,
    "ChangedModel": _exactly({"message": _TEXT, "data": _ref("Model")}),
    "Models": _exactly(
        {"models": _many(_ref("Model")), "pagination": _PAGINATION}, optional=("pagination",)
    ),
    "History": _exactly({"revisions": _many(_REVISION)}),
    "Imported": _exactly(
        {
            "kind": {"enum": list(KINDS)},
            "models": {**_many(_IMPORTED), "minItems": 1},
            "notes": _many(_TEXT),
            "secrets": _many(_TEXT),
        }
    ),
    "Health": _HEALTH,
    "Key": _exactly(_KEY_FIELDS),
    "Keys": _exactly({"keys": _many(_ref("Key"))}),
    "NewKey": _exactly({"message": _TEXT, "data": _exactly(_KEY_FIELDS | {"key": _TEXT})}),
    "RevokedKey": _exactly({"message": _TEXT, "data": _ref("Key")}),
    "Vault": _VAULT,
    "Status": _exactly({"status": _TEXT}),
    "Error": _exactly(
        {
            "message": _TEXT,
            "error": _TEXT,
            "details": {**_many(_exactly({"field": _ANY_TEXT, "message": _TEXT})), "minItems": 1},
            "request_id": _TEXT,
        },
        optional=("details",),
    ),
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
}
