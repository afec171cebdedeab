"""Where a target tells the id of a conversation."""

import asyncio

import pytest
from multidict import CIMultiDict

from quintain.dialects.jq import JqBusy, JqFailed
from quintain.gateway.sessions.reading import Reader


class FakeJq:
    def __init__(self, answer):
        self.answer = answer

    async def run(self, program, data):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def in_body(answer):
    return asyncio.run(Reader.of(".id").in_body(b"{}", FakeJq(answer)))


@pytest.mark.parametrize(
    ("outputs", "ident"),
    [(["a"], "a"), ([None, "b"], "b"), ([7], "7"), ([True], None), ([""], None), ([["a"]], None), (["x" * 5000], None), ([], None)],
)  # fmt: skip
def test_an_id_is_a_short_text_or_a_number(outputs, ident):
    assert in_body(outputs) == ident


def test_a_body_of_another_shape_has_no_id():
    assert in_body(JqFailed("x")) is None


def test_no_worker_is_no_missing_id():
    with pytest.raises(JqBusy):
        in_body(JqBusy("x"))


def test_a_header_is_found_by_its_name_in_any_case():
    reader = Reader.of("header: X-Conv ")
    assert reader.in_head(CIMultiDict({"x-conv": "7"})) == "7"
    assert reader.headers("7") == {"X-Conv": "7"}
    assert reader.in_head(CIMultiDict()) is None


def test_the_last_cookie_of_a_name_counts_and_goes_back_as_it_was():
    head = CIMultiDict()
    head.add("Set-Cookie", "chat=old; Path=/")
    head.add("Set-Cookie", 'chat="a b"; HttpOnly; SameSite=Lax')
    head.add("Set-Cookie", "other=x")
    reader = Reader.of("cookie:chat")
    assert reader.in_head(head) == '"a b"'
    assert reader.headers('"a b"') == {"Cookie": 'chat="a b"'}
