"""Events and lines of JSON, cut from what arrives piece by piece."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.dialects.records import Records, nearly_json
from quintain.errors import TargetError

PRETTY = json.dumps([{"a": {"b": [1, 2]}, "c": {}} for _ in range(40)], indent=2).encode()


def cut(*chunks):
    records = Records()
    return [each for chunk in chunks for each in records.feed(chunk)] + records.rest()


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([b'data: {"a": 1}\n\n', b"data: x\n\n: ping\n\ndata: y"], [b'{"a": 1}', b"x", b"y"]),
        ([b'\xef\xbb\xbfdata: "a"\r\n\r\n'], [b'"a"']),
        ([b'{"a": 1}\n{"b"', b": 2}\r\n\n", b"[3]"], [b'{"a": 1}', b'{"b": 2}', b"[3]"]),
        ([b"\n \n", b'{\n  "a": [\n  ]\n}\n{"b": NaN}\n'], [b'{\n  "a": [\n  ]\n}', b'{"b": NaN}']),
        ([PRETTY, b"\n", b'{"a": 1}'], [PRETTY, b'{"a": 1}']),
        ([b""], []),
    ],
)
def test_the_data_of_each_event_or_line(chunks, found):
    assert cut(*chunks) == found


@given(
    parts=st.lists(st.dictionaries(st.text(), st.integers() | st.text()), min_size=1),
    at=st.integers(1, 99),
)
def test_lines_are_the_same_however_they_arrive(parts, at):
    whole = b"".join(json.dumps(part).encode() + b"\n" for part in parts)
    assert [json.loads(each) for each in cut(whole[:at], whole[at:])] == parts


def test_a_document_without_an_end_is_not_waited_for_for_ever():
    records = Records()
    assert any(records.feed(b'{"a":\n]\n') for _ in range(40))


def test_a_document_is_bounded():
    with pytest.raises(TargetError, match="8 MiB"):
        cut(b"{", *[b"x\n" * (1 << 19)] * 9)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (b'{"a": NaN, "b": "x \\ud83d y"}', {"a": None, "b": "x \ufffd y"}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"nothing", None),
        (b"[" * 100_000, None),
    ],
)
def test_json_as_some_servers_write_it(text, mended):
    found = nearly_json(text)
    assert (None if found is None else json.loads(found)) == mended
