"""HTTP to the server: one question, one answer; every failure is a `Failure` in words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import orjson

from quintain.cli.access import Access
from quintain.cli.exits import Code, Failure, code_for, wrong_usage
from quintain.errors import Detail

CONNECT_S = 5.0
ANSWER_S = 60.0
CALL_S = 600.0  # a check or a call may wait for its turn and for a slow target

Headers = Mapping[str, str]


class Wire:
    """One server and one key for the length of a command. Use as `async with Wire(access)`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"apikey": self._access.key.reveal()},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Headers | None = None,
        params: Mapping[str, str] | None = None,
        deadline_s: float = ANSWER_S,
    ) -> Any:
        """The parsed body of a successful answer. Raises Failure for every other end."""
        async with self.send(
            method, path, body=body, headers=headers, params=params, deadline_s=deadline_s
        ) as reply:
            return self.parsed(reply, await reply.read())

    @asynccontextmanager
    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Headers | None = None,
        params: Mapping[str, str] | None = None,
        deadline_s: float = CALL_S,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer as it arrives, already known to be a success."""
        timeout = aiohttp.ClientTimeout(total=deadline_s, sock_connect=CONNECT_S)
        content = {"Content-Type": "application/json"} if body is not None else {}
        url = f"{str(self._access.url).rstrip('/')}{path}"
        try:
            async with self._session.request(
                method,
                url,
                data=_encoded(body),
                headers={**content, **(headers or {})},
                params=params,
                timeout=timeout,
                allow_redirects=False,  # the key goes to this server and to no other
            ) as reply:
                if not 200 <= reply.status < 300:
                    raise self._refused(reply, await reply.read())
                yield reply
        except TimeoutError as error:
            raise self._silent(f"did not answer within {deadline_s:g} s") from error
        except aiohttp.ClientConnectionError as error:
            raise self._silent("does not answer") from error
        except aiohttp.ClientError as error:
            raise Failure("The answer broke off before its end.") from error

    def _silent(self, what: str) -> Failure:
        return Failure(
            f"The server at {self._access.url} {what}.",
            Code.UNREACHABLE,
            hint="Is it running? Start it with `quintain serve`, or set QUINTAIN_URL.",
        )

    def _stranger(self, reply: aiohttp.ClientResponse) -> Failure:
        return Failure(
            f"{self._access.url} answered {reply.status} with something that is not quintain's.",
            Code.UNREACHABLE,
            hint="Is QUINTAIN_URL right?",
        )

    def parsed(self, reply: aiohttp.ClientResponse, text: bytes) -> Any:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise self._stranger(reply) from error

    def _refused(self, reply: aiohttp.ClientResponse, text: bytes) -> Failure:
        if reply.status < 400:
            return self._stranger(reply)
        failure = failure_of(reply.status, self.parsed(reply, text), reply.headers)
        if failure is None:
            return self._stranger(reply)
        if reply.status == 401:
            failure.hint = f"The key came from {self._access.source}."
        return failure


def _encoded(body: Any) -> bytes | None:
    """Bytes go as they are; the caller says their type."""
    if body is None or isinstance(body, bytes):
        return body
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise wrong_usage(f"This cannot be sent as JSON: {error}.") from error


def failure_of(status: int, body: Any, headers: Headers) -> Failure | None:
    """A refusal in the control plane's shape or in OpenAI's; None when it is neither.

    Both shapes: docs/errors.md.
    """
    if not isinstance(body, dict):
        return None
    inner = body.get("error")
    message = inner.get("message") if isinstance(inner, dict) else body.get("message")
    if not isinstance(message, str) or not message:
        return None
    return Failure(message, code_for(status), details=_details(body), hint=_hint(status, headers))


def _details(body: Mapping[str, Any]) -> tuple[Detail, ...]:
    found = body.get("details")
    rows = found if isinstance(found, list) else []
    return tuple(
        Detail(str(row.get("field", "")), str(row.get("message", "")))
        for row in rows
        if isinstance(row, dict)
    )


def _hint(status: int, headers: Headers) -> str:
    if status == 429 and (seconds := headers.get("Retry-After")):
        return f"Try again in {seconds} s."
    if status >= 500 and (request_id := headers.get("X-Request-Id")):
        return f"The server's log has more under request {request_id}."
    return ""


def model_headers(name: str, version: str) -> dict[str, str]:
    """A model's identity on the wire; a name that is not ASCII travels as UTF-8."""
    return {"X-Enkrypt-Model": name, "X-Enkrypt-Model-Version": version}
