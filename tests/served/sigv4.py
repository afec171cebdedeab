"""The far side of AWS's Signature Version 4, written from the AWS documents alone, to judge ours.

Source: docs.aws.amazon.com, IAM User Guide, "Create a signed AWS API request", steps 1 to 4.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,"
    r" ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


def is_signed(
    secret: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Whether a request that arrived so was signed with this secret.

    target: as it stood in the request line. headers: as they arrived. The service asks for host,
    content-type and every x-amz- header to be signed.
    """
    arrived = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    found = _AUTHORIZATION.fullmatch(arrived.get("authorization", ""))
    if not found:
        return False
    _, day, region, service, names, signature = found.groups()
    wanted = {n for n in arrived if n in ("host", "content-type") or n.startswith("x-amz-")}
    if not wanted <= set(names.split(";")) or not arrived["x-amz-date"].startswith(day):
        return False
    request = canonical(method, target, {n: arrived[n] for n in names.split(";")}, body)
    scope = f"{day}/{region}/{service}/aws4_request"
    return hmac.compare_digest(signature, signed(secret, arrived["x-amz-date"], scope, request))


def canonical(method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
    path, _, query = target.partition("?")
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    # What arrives encoded is encoded once more: for all services but S3, each segment twice.
    twice = "/".join(quote(segment, safe="-_.~") for segment in path.split("/"))
    pairs = sorted(
        tuple(quote(unquote(part), safe="-_.~") for part in pair.partition("=")[::2])
        for pair in query.split("&")
        if pair
    )
    return "\n".join(
        [method, twice, "&".join(f"{name}={value}" for name, value in pairs), lines,
         ";".join(names), hashlib.sha256(body).hexdigest()]
    )  # fmt: skip


def signed(secret: str, when: str, scope: str, request: str) -> str:
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()
