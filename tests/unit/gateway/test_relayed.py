"""What another provider says of a request, as OpenAI's clients read it."""

import json

import pytest

from quintain.gateway.relayed import relayed


def error(message):
    return json.dumps({"type": "error", "error": {"type": "x", "message": message}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (400, error("max_tokens: must be at least 1"), "target_refused_request", "must be at least 1"),
        (400, error("prompt is too long: 210000 tokens > 200000 maximum"), "context_length_exceeded", "210000"),
        (400, error("The input token count exceeds the maximum number of tokens allowed"), "context_length_exceeded", "count"),
        (400, error("Output blocked by content filtering policy"), "content_filter", "blocked"),
        (400, b'{"error": {"message": "It was stopped.", "code": "content_filter"}}', "content_filter", "stopped"),
        (400, b'{"error": {"message": "Send less.", "code": "context_length_exceeded"}}', "context_length_exceeded", "less"),
        (422, json.dumps({"message": "invalid role"}).encode(), "target_refused_request", "invalid role"),
        (413, error("request too large"), "too_large", "too large"),
        (400, b"", "target_refused_request", "no reason"),
        (400, b"\xff<html>", "target_refused_request", "html"),
    ],
)  # fmt: skip
def test_the_targets_sentence_and_the_code_that_clients_know(status, body, code, said):
    made = relayed(status, body)
    assert (made.status, made.code) == (413 if status == 413 else 400, code)
    assert said in made.message


def test_a_long_page_is_cut():
    assert len(relayed(400, b"x" * 100_000).message) < 2100
