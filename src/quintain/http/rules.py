"""Who may call what: the one table that every route passes.

A route without a line here cannot be reached, and a test compares the table with the routes.
"""

from __future__ import annotations

from dataclasses import dataclass

from quintain.errors import Forbidden, NotFound, QuintainError

ADMIN, EDITOR, CALLER, VIEWER = "admin", "editor", "caller", "viewer"
PUBLIC = frozenset({"public"})  # no key needed; every other set names roles
_ALL = frozenset({ADMIN, EDITOR, CALLER, VIEWER})
_ADMINS = frozenset({ADMIN})
_EDITORS = frozenset({ADMIN, EDITOR})
_READERS = frozenset({ADMIN, EDITOR, VIEWER})
_CALLERS = frozenset({ADMIN, EDITOR, CALLER})

SDK = "/sdk"
REST = "{rest}"  # stands for one or more further path segments

RULES: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs/{rest}"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/redteam/health"): PUBLIC,
    ("GET", "/rt/health"): PUBLIC,
    ("POST", "/models/add-model"): _EDITORS,
    ("GET", "/models/get-model"): _READERS,
    ("GET", "/models/list-models"): _READERS,
    ("PATCH", "/models/modify-model"): _EDITORS,
    ("DELETE", "/models/delete-model"): _EDITORS,
    ("GET", "/models/history"): _READERS,
    ("POST", "/models/import"): _EDITORS,
    ("POST", "/redteam/v3/model-health"): _EDITORS,
    ("POST", "/redteam/v3/model/model-health"): _EDITORS,
    ("POST", "/redteam/model/model-health"): _EDITORS,
    ("POST", "/redteam/model-health"): _EDITORS,
    ("POST", "/rt/model/model-health"): _EDITORS,
    ("GET", "/keys"): _ADMINS,
    ("POST", "/keys"): _ADMINS,
    ("DELETE", "/keys/{rest}"): _ADMINS,
    ("GET", "/vault"): _ADMINS,
    ("POST", "/vault/rotate"): _ADMINS,
    ("GET", "/runs"): _READERS,
    ("POST", "/runs"): _EDITORS,
    ("GET", "/runs/{rest}"): _READERS,
    ("POST", "/runs/estimate"): _EDITORS,
    ("POST", "/runs/{rest}"): _EDITORS,
    ("GET", "/suites"): _READERS,
    ("GET", "/suites/{rest}"): _READERS,
    ("PUT", "/suites/{rest}"): _EDITORS,
    ("DELETE", "/suites/{rest}"): _EDITORS,
    ("GET", "/engines"): _READERS,
    ("GET", "/engines/{rest}"): _READERS,
    ("GET", "/datasets"): _READERS,
    ("GET", "/datasets/{rest}"): _READERS,
    ("PUT", "/datasets/{rest}"): _EDITORS,
    ("DELETE", "/datasets/{rest}"): _EDITORS,
    ("GET", "/v1"): _ALL,
    ("GET", "/v1/models"): _ALL,
    ("GET", "/v1/models/{rest}"): _ALL,
    ("POST", "/v1/chat/completions"): _CALLERS,
    ("POST", "/v1/completions"): _CALLERS,
    ("POST", "/v1/embeddings"): _CALLERS,
    ("POST", "/v1/responses"): _CALLERS,
    ("POST", "/v1/{rest}"): _CALLERS,
}
# The official SDK calls the same routes below /sdk.
_ON_SDK = ("/models/", "/redteam/", "/rt/")
RULES |= {
    (method, SDK + path): roles
    for (method, path), roles in RULES.items()
    if path.startswith(_ON_SDK)
}

# The platform's tasks, made of runs: for the SDK alone.
RULES |= {
    ("POST", f"{SDK}/redteam/v2/model/add-task"): _EDITORS,
    ("POST", f"{SDK}/redteam/v2/model/add-custom-task"): _EDITORS,
    ("POST", f"{SDK}/redteam/v3/model/add-custom-task"): _EDITORS,
    ("POST", f"{SDK}/redteam/cancel-task"): _EDITORS,
    ("GET", f"{SDK}/redteam/task-status"): _READERS,
    ("GET", f"{SDK}/redteam/get-task"): _READERS,
    ("GET", f"{SDK}/redteam/list-tasks"): _READERS,
    ("GET", f"{SDK}/redteam/v3/results/summary"): _READERS,
    ("GET", f"{SDK}/redteam/v3/results/summary/{REST}"): _READERS,
    ("GET", f"{SDK}/redteam/v3/results/details"): _READERS,
    ("GET", f"{SDK}/redteam/v3/results/details/{REST}"): _READERS,
}


# What a body may be. A data set is sent as the file that it is.
_JSON = ("application/json",)
DATA_SET_KINDS = {
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "text/csv": "csv",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "application/json": "yaml",  # which JSON is a part of
}


def kinds_for(method: str, path: str) -> tuple[str, ...]:
    """The media types that a route takes."""
    takes_files = method == "PUT" and path.startswith("/datasets/")
    return tuple(DATA_SET_KINDS) if takes_files else _JSON


class MethodNotAllowed(QuintainError):
    status = 405
    code = "method_not_allowed"


@dataclass(frozen=True, slots=True)
class Rule:
    roles: frozenset[str]

    @property
    def public(self) -> bool:
        return self.roles is PUBLIC

    def admit(self, role: str) -> None:
        """Raise Forbidden for a role without the right."""
        if role not in self.roles:
            may = ", ".join(sorted(self.roles))
            raise Forbidden(f"This key has the role {role}; this call needs one of: {may}.")


_EXACT = {route: Rule(roles) for route, roles in RULES.items() if not route[1].endswith(REST)}
# Longer prefixes first: /v1/models/ before /v1/.
_PREFIXES = sorted(
    (
        (method, path.removesuffix(REST), Rule(roles))
        for (method, path), roles in RULES.items()
        if path.endswith(REST)
    ),
    key=lambda entry: -len(entry[1]),
)


def rule_for(method: str, path: str) -> Rule:
    """The rule of a request. Raises NotFound or MethodNotAllowed where there is none."""
    rule = _EXACT.get((method, path)) or _below(method, path)
    if rule is not None:
        return rule
    others = sorted({known for known, _ in RULES if (known, path) in _EXACT or _below(known, path)})
    if others:
        raise MethodNotAllowed(f"{path} takes {', '.join(others)}, not {method}.")
    raise NotFound(f"There is nothing at {path}.")


def _below(method: str, path: str) -> Rule | None:
    for known, prefix, rule in _PREFIXES:
        if method == known and len(path) > len(prefix) and path.startswith(prefix):
            return rule
    return None
