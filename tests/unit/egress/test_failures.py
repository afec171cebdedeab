"""The sentences about what went wrong on the way."""

import socket
import ssl

import pytest

from quintain.egress import failures


@pytest.mark.parametrize(
    ("number", "passing"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)]
)
def test_a_name_server_that_is_away_may_come_back_and_an_unknown_name_does_not(number, passing):
    error = failures.not_resolved("a.example", socket.gaierror(number, "text"))
    assert (error.stage, error.passing, error.sent) == ("dns", passing, False)


@pytest.mark.parametrize(
    ("step", "stage", "status"),
    [
        ("pool", "connect", 503),
        ("dns", "dns", 504),
        ("connect", "connect", 504),
        ("tls", "tls", 504),
    ],
)
def test_a_wait_past_its_deadline_names_its_stage(step, stage, status):
    error = failures.hanging(step, "a.example:443", 2.5)
    assert (error.stage, error.status, error.passing, error.sent) == (stage, status, True, False)
    assert "2.5 s" in error.message


def certificate(code):
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_code, error.verify_message = code, "some reason"
    return failures.bad_tls("a.example:443", error)


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "expired"), (9, "clocks"), (62, "another name"), (64, "another name"),
     (18, "QUINTAIN_CA_FILE"), (19, "QUINTAIN_CA_FILE"), (20, "some reason")],
)  # fmt: skip
def test_a_certificate_that_is_not_believed_says_what_to_do(code, words):
    error = certificate(code)
    assert words in error.message
    assert (error.stage, error.code, error.passing) == ("tls", "target_certificate", False)


def test_only_what_was_sent_is_said_to_be_sent():
    assert failures.silent("a:1", 1).sent
    assert failures.disconnected("a:1", "before its answer").sent
    assert not failures.not_connected("a:1", OSError(111, "refused")).sent
    assert not failures.bad_header("x").sent
