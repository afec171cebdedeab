"""Structured logs: one line each, with no secret in it."""

import json
import logging

import pytest
import structlog

from quintain.secret import Secret
from quintain.telemetry import log

SECRET = "sk-0123456789abcdefghij"


@pytest.fixture(autouse=True)
def undisturbed():
    """What other tests log stays as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    for name in log._CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def logged(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_a_constant_message_with_fields(capsys):
    log.setup("info", "json")
    structlog.get_logger("quintain.test").info("call not answered", status=424)
    (line,) = logged(capsys)
    assert (line["event"], line["status"], line["level"], line["logger"]) == (
        "call not answered",
        424,
        "info",
        "quintain.test",
    )
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_secret_is_masked_wherever_it_stands(capsys, form):
    log.setup("info", form)
    secret = Secret(SECRET)
    structlog.get_logger("quintain.test").info(
        "x", key=secret, inside={"keys": [secret]}, said=f"{secret}"
    )
    logging.getLogger("library").warning("key %s", secret)
    try:
        raise ValueError(f"bad {secret}")
    except ValueError:
        structlog.get_logger("quintain.test").exception("failed", key=secret)
    text = capsys.readouterr().err
    assert SECRET not in text
    assert "sk-...ghij" in text
    assert "Traceback" in text


def test_a_traceback_shows_no_local_variables(capsys):
    def fails(key):
        raise RuntimeError("no")

    for form in ("json", "text"):
        log.setup("info", form)
        try:
            fails(SECRET)
        except RuntimeError:
            structlog.get_logger("quintain.test").exception("unexpected error")
        text = capsys.readouterr().err
        assert "RuntimeError" in text
        assert SECRET not in text


def test_what_is_below_the_level_is_not_logged(capsys):
    log.setup("warning", "json")
    structlog.get_logger("quintain.test").info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger("quintain.test").warning("loud")
    assert [line["event"] for line in logged(capsys)] == ["loud"]


def test_libraries_go_through_the_same_chain_and_their_news_is_left_out(capsys):
    log.setup("info", "json")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.error").warning("odd")
    logging.getLogger("library").info("said")
    assert [line["event"] for line in logged(capsys)] == ["odd", "said"]


def test_each_line_is_one_line_even_with_line_breaks_in_it(capsys):
    log.setup("info", "json")
    structlog.get_logger("quintain.test").info("x", said="a\nb\r\nc")
    (line,) = logged(capsys)
    assert line["said"] == "a\nb\r\nc"
