"""What every answer of the control plane looks like, checked wherever one is looked at."""

from __future__ import annotations

from typing import Any

import httpx

REFUSED = frozenset({"message", "error", "request_id"})


def accepted(answer: httpx.Response) -> Any:
    """The body of a 200."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-request-id"]
    return answer.json()


def changed(answer: httpx.Response, what: str) -> dict[str, Any]:
    """The model in the answer of add, modify or delete, which holds exactly two keys."""
    body = accepted(answer)
    assert set(body) == {"message", "data"}
    assert body["message"] == f"Model details {what} successfully"
    return body["data"]


def refused(answer: httpx.Response, status: int, error: str) -> dict[str, str]:
    """The field errors of a refusal, by field; {} where there are none."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) - {"details"} == REFUSED
    assert body["error"] == error
    assert isinstance(body["message"], str)
    assert body["message"]
    assert body["request_id"] == answer.headers["x-request-id"]
    details = body.get("details", [])
    assert all(set(each) == {"field", "message"} and each["message"] for each in details)
    assert "details" not in body or details
    return {each["field"]: each["message"] for each in details}
