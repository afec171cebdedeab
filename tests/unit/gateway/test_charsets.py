"""Answers in other encodings."""

import pytest

from quintain.gateway.charsets import in_utf8

TEXT = "Grüße €"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (TEXT.encode(), "application/json"),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), "application/json; charset=utf-16"),
        (TEXT.encode("cp1252"), 'text/plain;charset="windows-1252"'),
        (TEXT.encode("iso8859-15"), "text/plain; Charset=ISO-8859-15"),
        (TEXT.encode(), "text/plain; charset=unicode_escape"),
        (TEXT.encode(), "text/plain; charset=iso-8859-99"),
    ],
)
def test_a_text_is_the_same_in_every_encoding(body, kind):
    assert in_utf8(body, {"Content-Type": kind}).decode() == TEXT
