from urllib.parse import unquote

import pytest

from quintain.http.v1 import _in_ascii


def test_a_plain_name_stands_in_a_header_as_it_is():
    assert _in_ascii("support gpt 50%:v1") == b"support gpt 50%:v1"


@pytest.mark.parametrize("name", ["größe:v1", "50% größe:v1", "\u202ebot 🐎:v1"])
def test_a_name_beyond_ascii_is_percent_encoded(name):
    sent = _in_ascii(name)
    assert sent.isascii()
    assert unquote(sent.decode()) == name
    assert sent.endswith(b":v1")
