"""`quintain check` says whether a chatbot's conversation holds."""

import json

import pytest

from tests.integration.command_line import command_line
from tests.served.chatbots import in_body
from tests.served.quintain import ADMIN_KEY
from tests.served.target import answers

CODE = "Which code did I ask you to remember"


class Forgetful:
    """holds: whether it recalls within a conversation. leaks: whether it recalls outside of one."""

    def __init__(self, *, holds=True, leaks=False):
        self.told, self._holds, self._leaks = {}, holds, leaks

    async def __call__(self, request):
        body = await request.json()
        ident, text = in_body("sid")(request, body), body["text"]
        if "remember this code" in text:
            self.told[ident] = text
            return await answers({"text": "Noted."})(request)
        known = "".join(self.told.values()) if self._leaks else self.told.get(ident, "")
        said = known if CODE in text and self._holds and known else "I do not know."
        return await answers({"text": said})(request)


@pytest.fixture
def checked(quintain, target, register, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run = command_line(capsys, monkeypatch, quintain.url, ADMIN_KEY)

    def checked(bot, *more):
        target.does(bot)
        name = register(
            target.custom(
                custom_payload={"text": "{prompt}", "sid": "{session_id}"},
                custom_response_format=".text",
                metadata={"session": {"kind": "client"}},
            )
        )
        return run("check", name, *more)

    return checked


def test_a_conversation_that_holds(checked, target):
    ended = checked(Forgetful())
    assert ended.code == 0, ended.err
    assert "The session holds" in ended.out
    assert len(target.arrivals) == 4


def test_a_bot_that_forgets(checked):
    ended = checked(Forgetful(holds=False))
    assert ended.code == 1
    assert "The session does not hold" in ended.out


def test_a_bot_that_mixes_its_conversations_up(checked):
    ended = checked(Forgetful(leaks=True), "--json")
    assert ended.code == 1
    session = json.loads(ended.out)["data"]["session"]
    assert (session["holds"], session["apart"], session["kind"]) == (True, False, "client")


def test_it_can_be_left_out(checked, target):
    assert checked(Forgetful(holds=False), "--no-session").code == 0
    assert len(target.arrivals) == 1
