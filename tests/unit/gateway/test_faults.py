"""What a target's refusal becomes for the caller."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.gateway.faults import fault, redact, retry_after
from quintain.secret import mask

# What testing tools would read as ours: each ends a run, or loops for ever.
NEVER = {401, 403, 404, 409, 501}


@given(st.integers(300, 999))
def test_no_status_of_a_target_passes_where_tools_would_take_it_for_ours(status):
    error = fault(status, {}, b"")
    assert error.status not in NEVER
    assert error.status in {424, 429, 502, 503, 504}
    assert error.http_status == status


@given(st.integers(300, 999))
def test_what_may_pass_says_when_and_what_cannot_is_424(status):
    error = fault(status, {}, b"")
    assert error.passing == (error.status != 424)
    assert 1 <= error.retry_after <= 60


@pytest.mark.parametrize(
    ("status", "ours", "code"),
    [
        (301, 424, "target_http_failed"),
        (401, 424, "target_refused_key"),
        (403, 424, "target_refused_key"),
        (404, 424, "target_http_failed"),
        (409, 424, "target_http_failed"),
        (501, 424, "target_http_failed"),
        (408, 504, "target_http_failed"),
        (429, 429, "rate_limit_exceeded"),
        (500, 502, "target_http_failed"),
        (502, 502, "target_http_failed"),
        (503, 503, "target_http_failed"),
        (504, 504, "target_http_failed"),
        (529, 502, "target_http_failed"),
    ],
)
def test_each_status_has_its_place(status, ours, code):
    error = fault(status, {}, b"")
    assert (error.status, error.code) == (ours, code)


def test_a_used_up_quota_is_no_rate_limit():
    error = fault(429, {}, b'{"error": {"code": "insufficient_quota"}}')
    assert (error.status, error.code, error.passing) == (424, "target_quota_used_up", False)


def test_the_sentence_quotes_the_target_without_line_breaks_and_briefly():
    error = fault(500, {}, b"first\r\nsecond\x00" + b"x" * 100_000)
    assert "first second" in error.message
    assert len(error.message) < 500


@given(st.binary(max_size=3000), st.integers(300, 999))
def test_any_body_makes_a_printable_sentence(body, status):
    message = fault(status, {}, body).message
    assert not any(char < " " or char == "\x7f" for char in message)
    message.encode()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("0.5", 0.5), ("-3", 0.0), ("", None), ("soon", None)],
)
def test_retry_after_in_seconds(value, seconds):
    assert retry_after({"Retry-After": value}) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "inf", "nan", "1e999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "Mon, 99 Jan 2024 00:00:00 GMT",
    ],
)  # fmt: skip
def test_a_retry_after_that_is_no_time_counts_as_none(value):
    headers = {"Retry-After": value}
    assert retry_after(headers) is None
    assert 1 <= fault(429, headers, b"").retry_after <= 60


@given(st.text(max_size=60))
def test_no_retry_after_breaks_anything(value):
    asked = retry_after({"Retry-After": value})
    assert asked is None or asked >= 0
    assert 1 <= fault(503, {"Retry-After": value}, b"").retry_after <= 60


def test_a_retry_after_may_be_a_date():
    at = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after({"Retry-After": format_datetime(at, usegmt=True)}) == pytest.approx(
        90, abs=5
    )
    assert retry_after({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0.0


SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="x."), min_size=8, max_size=40
).map(str.encode)


@given(
    st.lists(st.one_of(SECRETS, st.binary(max_size=20)), max_size=8), st.sets(SECRETS, max_size=4)
)
def test_after_redaction_no_whole_secret_is_left(parts, secrets):
    ordered = sorted(secrets, key=len, reverse=True)
    data = b"".join(parts) + b"".join(b" " + secret for secret in ordered)
    redacted = redact(data, ordered)
    masks = b"".join(mask(secret.decode()).encode() for secret in ordered)
    assert not any(secret in redacted for secret in ordered if secret not in masks)


@given(st.binary(), st.lists(SECRETS, max_size=3))
def test_what_holds_no_secret_passes_byte_for_byte(data, secrets):
    if not any(secret in data for secret in secrets):
        assert redact(data, secrets) == data
