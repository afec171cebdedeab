"""How an API's description lets callers in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from quintain.imports.request import with_query
from quintain.imports.schemas import Schemas
from quintain.imports.source import items, mapping, text

STAND_IN = "$KEY"


@dataclass(slots=True)
class Access:
    """headers, query: where a key travels, with a stand-in for it. login: an OAuth login."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    login: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def accesses(
    document: dict[str, Any], schemas: Schemas, operation: dict[str, Any]
) -> Iterator[Access]:
    """Each way in that the operation takes; the first is the one to use."""
    holder = mapping(mapping(document.get("components")).get("securitySchemes")) or mapping(
        document.get("securityDefinitions")
    )
    required = operation.get("security", document.get("security"))
    ways = [mapping(each) for each in items(required)]
    for way in sorted(ways, key=lambda each: not each):
        access = Access()
        for name, scopes in way.items():
            _add(access, schemas.resolved(holder.get(name)), name, [text(s) for s in items(scopes)])
        if len([w for w in ways if w]) > 1:
            access.notes.append(
                f"The document offers {len(ways)} ways of signing in; {', '.join(way) or 'none'} is taken."
            )
        yield access


def apply(
    access: Access, url: str, headers: list[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    for name in access.query:
        url = with_query(url, f"{quote(name)}={STAND_IN}")
    return url, [*headers, *access.headers]


def _add(access: Access, scheme: dict[str, Any], name: str, scopes: list[str]) -> None:
    kind, where = text(scheme.get("type")), text(scheme.get("in"))
    if kind == "apiKey" and where == "header":
        access.headers.append((text(scheme.get("name")) or "X-API-Key", STAND_IN))
    elif kind == "apiKey" and where == "query":
        access.query.append(text(scheme.get("name")) or "key")
    elif kind == "apiKey":
        access.notes.append(
            f"custom_headers: the document wants a cookie {text(scheme.get('name'))[:64]}; add the header Cookie."
        )
    elif kind == "basic" or (kind == "http" and text(scheme.get("scheme")).lower() == "basic"):
        access.headers.append(("Authorization", f"Basic {STAND_IN}"))
        access.notes.append(
            "apikeys: for Basic authentication the key is the Base64 of user:password."
        )
    elif kind == "http":
        access.headers.append(("Authorization", f"Bearer {STAND_IN}"))
    elif kind == "oauth2" and _login(scheme):
        access.login = _login(scheme) | ({"scope": " ".join(scopes)} if scopes else {})
    elif kind in {"oauth2", "openIdConnect"}:
        access.headers.append(("Authorization", f"Bearer {STAND_IN}"))
        access.notes.append(
            f"The document's {name[:64]} is a login of a person: give a token as the key, or set model_jwt_config."
        )
    else:
        access.notes.append(
            f"The document's way of signing in {name[:64]} ({kind[:32] or 'unknown'}) is not carried over."
        )


def _login(scheme: dict[str, Any]) -> dict[str, Any]:
    """Client credentials, of OpenAPI 3 or of Swagger 2."""
    flow = mapping(mapping(scheme.get("flows")).get("clientCredentials"))
    flow = flow or (scheme if scheme.get("flow") == "application" else {})
    url = text(flow.get("tokenUrl"))
    return {"jwt_url": url, "grant_type": "client_credentials"} if url else {}
