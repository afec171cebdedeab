"""How a call to Bedrock proves whose it is: AWS's Signature Version 4, made by botocore.

Source: docs.aws.amazon.com, IAM User Guide, "Create a signed AWS API request"; for API keys, which
are no credentials and sign nothing, Bedrock User Guide, "Use an Amazon Bedrock API key".
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from multidict import CIMultiDict

from quintain.dialects.base import Outgoing
from quintain.errors import TargetError
from quintain.registry.providers import DEFAULT_REGION
from quintain.registry.schema import AuthData, ModelConfig

SERVICE = "bedrock"
MISSING = "needs botocore: pip install 'quintain[bedrock]'"
FORM = "must be ACCESS_KEY_ID:SECRET_ACCESS_KEY, with :SESSION_TOKEN where there is one, or a Bedrock API key"
_IN_HOST = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_MADE = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")


class Credentials(NamedTuple):
    """By the names that botocore reads."""

    access_key: str
    secret_key: str
    token: str | None


def installed() -> bool:
    return importlib.util.find_spec("botocore") is not None


@cache
def import_all() -> None:
    """All of botocore that calls need, where it is installed: it is an extra, and takes a while."""
    if installed():
        for name in ("auth", "awsrequest", "eventstream"):
            importlib.import_module(f"botocore.{name}")


def is_key(apikey: str) -> bool:
    """Whether it has one of the two forms."""
    return ":" not in apikey or all(apikey.split(":", 2))


def region_of(config: ModelConfig) -> str:
    """As the registration says, else as the host does."""
    named = config.metadata.aws_region if config.metadata else None
    host = (config.endpoint and config.endpoint.host) or ""
    found = _IN_HOST.search(host.lower())
    return named or (found[1] if found else DEFAULT_REGION)


class Signing:
    """What signs the calls of one model."""

    def __init__(self, config: ModelConfig) -> None:
        self._region = region_of(config)
        self._auth = config.auth_data or AuthData()

    def headers(
        self, outgoing: Outgoing, headers: CIMultiDict[str], apikey: str
    ) -> Mapping[str, str]:
        """Those given, and what the key adds to them. Raises TargetError without botocore."""
        sent = headers.copy()
        if ":" in apikey:
            access, secret, token, *_ = [*apikey.split(":", 2), None]
            credentials = Credentials(access or "", secret or "", token)
            sent.update(self._signature(outgoing, headers, credentials))
        elif apikey:
            sent[self._auth.header_name or "Authorization"] = self._auth.scheme + apikey
        return sent

    def _signature(
        self, outgoing: Outgoing, headers: CIMultiDict[str], credentials: Credentials
    ) -> dict[str, str]:
        signer, request_class = _botocore()
        request = request_class(
            method=outgoing.method,
            url=str(outgoing.url),
            data=outgoing.body,
            headers=_signed_ones(outgoing, headers),
        )
        signer(credentials, SERVICE, self._region).add_auth(request)
        return {name: request.headers[name] for name in _MADE if name in request.headers}


def _signed_ones(outgoing: Outgoing, headers: CIMultiDict[str]) -> dict[str, str]:
    """What AWS wants signed, and no more, so that a proxy may change the rest.

    Host is what egress sends (egress/route.py), which leaves out the scheme's own port.
    """
    found = {
        name: value
        for name, value in headers.items()
        if name.lower() == "content-type" or name.lower().startswith("x-amz-")
    }
    return found | {"Host": outgoing.url.host_port_subcomponent or ""}


@cache
def _botocore() -> tuple[Any, Any]:
    try:
        auth = importlib.import_module("botocore.auth")
        requests = importlib.import_module("botocore.awsrequest")
    except ImportError:
        raise TargetError(
            "config", f"Provider bedrock {MISSING}", code="botocore_missing"
        ) from None
    # At DEBUG it writes down what it signs, session tokens included.
    logging.getLogger("botocore.auth").setLevel(logging.INFO)
    return auth.SigV4Auth, requests.AWSRequest
