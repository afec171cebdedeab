"""Conversations that the target keeps, by the stock client."""

import json
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from aiohttp import web

from tests.served.chatbots import Rememberer, in_body, in_cookie, in_header
from tests.served.target import answers

TELL, ASK = "Please keep this word: {}.", "Which word did I give you?"


def user(text):
    return {"role": "user", "content": text}


def bot(text):
    return {"role": "assistant", "content": text}


@pytest.fixture
def chatbot(target, register):
    """Registers a chatbot that behaves like this, with this session; gives the model's name."""

    def make(behaviour, session, payload=None, **fields):
        target.does(behaviour)
        config = target.custom(
            paths={"chat": "/talk"},
            custom_payload=payload or {"text": "{prompt}", "sid": "{session_id}"},
            custom_response_format=".text",
            metadata={"session": session},
        )
        return register(config | fields)

    return make


@pytest.fixture
def talk(stock):
    def talk(name, messages, session=None, **more):
        headers = {"X-Quintain-Session": session} if session else None
        raw = stock.chat.completions.with_raw_response.create(
            model=name, messages=messages, extra_headers=headers, **more
        )
        return raw.parse().choices[0].message.content, raw.headers

    return talk


def in_answer(_, answer, ident):
    answer["meta"] = {"sid": ident}


def in_own_header(response, _, ident):
    response.headers["X-Conversation"] = ident


def in_own_cookie(response, _, ident):
    response.headers["Set-Cookie"] = f"chat={ident}; Path=/; HttpOnly"


KINDS = {
    "client": (Rememberer, (in_body("sid"),), {"kind": "client"}),
    "body": (Rememberer, (in_body("sid"), in_answer), {"kind": "server", "read": ".meta.sid"}),
    "header": (Rememberer, (in_header("X-Conversation"), in_own_header), {"kind": "server", "read": "header:X-Conversation"}),
    "cookie": (Rememberer, (in_cookie("chat"), in_own_cookie), {"kind": "server", "read": "cookie:chat"}),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def remembering(request, chatbot):
    make, how, session = KINDS[request.param]
    return chatbot(make(*how), session)


def test_a_history_that_goes_on_is_the_same_conversation(remembering, talk):
    first = user(TELL.format("heron"))
    said, headers = talk(remembering, [first])
    assert headers["X-Quintain-Session-State"] == "new"
    said, headers = talk(remembering, [first, bot(said), user(ASK)])
    assert (said, headers["X-Quintain-Session-State"]) == ("It was heron.", "held")


def test_a_named_conversation_goes_on_without_its_history(remembering, talk):
    talk(remembering, [user(TELL.format("heron"))], "one")
    talk(remembering, [user(TELL.format("swift"))], "two")
    assert talk(remembering, [user(ASK)], "one")[0] == "It was heron."
    said, headers = talk(remembering, [user(ASK)], "two")
    assert (said, headers["X-Quintain-Session"]) == ("It was swift.", "two")


def test_conversations_that_begin_alike_stay_apart(remembering, talk):
    first = user("Hello there")
    said, _ = talk(remembering, [first])
    other, _ = talk(remembering, [first])
    told, _ = talk(remembering, [first, bot(said), user(TELL.format("heron"))])
    assert talk(remembering, [first, bot(other), user(ASK)])[0] == "You told me no word."
    after = [first, bot(said), user(TELL.format("heron")), bot(told), user(ASK)]
    assert talk(remembering, after)[0] == "It was heron."


def test_a_name_that_an_answer_gave_can_be_given_back(remembering, talk):
    _, headers = talk(remembering, [user(TELL.format("heron"))])
    assert talk(remembering, [user(ASK)], headers["X-Quintain-Session"])[0] == "It was heron."


def test_many_conversations_at_once_are_not_mixed_up(remembering, quintain):
    def converse(number):
        with quintain.openai() as client:
            history = [user(TELL.format(f"bird{number}"))]
            said = client.chat.completions.create(model=remembering, messages=history)
            history += [bot(said.choices[0].message.content), user(ASK)]
            name = {"X-Quintain-Session": f"own-{number}"}
            client.chat.completions.create(
                model=remembering, messages=history[:1], extra_headers=name
            )
            return client.chat.completions.create(
                model=remembering, messages=[user(ASK)], extra_headers=name
            )

    with ThreadPoolExecutor(8) as pool:
        for number, answer in enumerate(pool.map(converse, range(16))):
            assert answer.choices[0].message.content == f"It was bird{number}."


@pytest.mark.parametrize("status", [404, 410])
def test_a_conversation_that_the_target_forgot_is_told_once_and_begins_anew(
    status, chatbot, talk, target
):
    session = {"kind": "server", "read": ".meta.sid"}
    bot_itself = Rememberer(in_body("sid"), in_answer)
    name = chatbot(bot_itself, session)
    first = user(TELL.format("heron"))
    said, _ = talk(name, [first])
    history = [first, bot(said), user(ASK)]
    target.does(answers({"error": "expired"}, status))
    with pytest.raises(openai.APIStatusError, match="no longer knows the conversation") as caught:
        talk(name, history)
    assert caught.value.status_code == 424
    target.does(bot_itself)
    assert talk(name, history)[1]["X-Quintain-Session-State"] == "without-history"


def test_an_id_in_lines_of_json_is_found(chatbot, talk, target, stock):
    async def lines(request):
        sid = (await request.json())["sid"]
        text = json.dumps({"sid": "s-1"}) + "\n" + json.dumps({"text": f"sid {sid}"}) + "\n"
        return web.Response(text=text, content_type="application/x-ndjson")

    session = {"kind": "server", "read": ".sid"}
    reads = {"custom_response_content_type": "sse", "custom_response_format": ".text // empty"}
    name = chatbot(lines, session, **reads)
    talk(name, [user("a")], "one")
    assert talk(name, [user("b")], "one")[0] == "sid s-1"
    asked = {"model": name, "messages": [user("c")], "stream": True}
    named = {"X-Quintain-Session": "two"}
    said = []
    for _ in range(2):
        stream = stock.chat.completions.create(**asked, extra_headers=named)
        said.append("".join(chunk.choices[0].delta.content or "" for chunk in stream))
    assert said == ["sid None", "sid s-1"]


def test_a_history_that_is_not_known_begins_anew_and_says_so(remembering, talk):
    _, headers = talk(remembering, [user("a"), bot("never said"), user(ASK)])
    assert headers["X-Quintain-Session-State"] == "without-history"


def test_a_streaming_chatbot_holds_its_conversation_too(chatbot, stock):
    name = chatbot(
        Rememberer(in_body("sid"), in_answer, streams=True),
        {"kind": "server", "read": ".meta.sid"},
        custom_response_content_type="sse",
    )
    history = [user(TELL.format("heron"))]
    for text in ("I will remember.", "It was heron."):
        parts = [
            part.choices[0].delta.content or ""
            for part in stock.chat.completions.create(model=name, messages=history, stream=True)
        ]
        assert "".join(parts) == text
        history += [bot(text), user(ASK)]


def test_a_conversation_can_begin_with_a_call_of_its_own(chatbot, talk, target):
    behaviour = Rememberer(in_body("sid"), lambda *_: None)
    opening = {"path": "/open", "payload": {"user": "quintain", "bot": "{model_name}"}}
    name = chatbot(behaviour, {"kind": "server", "read": ".conversation.id", "open": opening})
    first = user(TELL.format("heron"))
    said, _ = talk(name, [first])
    assert talk(name, [first, bot(said), user(ASK)])[0] == "It was heron."
    assert behaviour.openings == [{"user": "quintain", "bot": "target-model"}]
    assert [each.path for each in target.arrivals] == ["/v1/open", "/v1/talk", "/v1/talk"]
    assert target.arrivals[0].headers["X-Bot-Key"]


def test_only_what_is_new_goes_to_a_target_that_knows_the_rest(chatbot, talk, target):
    name = chatbot(
        Rememberer(in_body("sid")), {"kind": "client"},
        {"text": "{prompt}", "all": "{messages}", "sid": "{session_id}"},
        system_prompt="Be kind.",
    )  # fmt: skip
    first = user(TELL.format("heron"))
    said, _ = talk(name, [first])
    talk(name, [first, bot(said), user(ASK)])
    assert target.arrivals[0].json["all"] == [{"role": "system", "content": "Be kind."}, first]
    assert target.arrivals[1].json["all"] == [user(ASK)]
    assert target.arrivals[0].json["sid"] == target.arrivals[1].json["sid"]


def test_a_first_call_has_no_id_yet(chatbot, talk, target):
    name = chatbot(Rememberer(in_body("sid"), in_answer), {"kind": "server", "read": ".meta.sid"})
    talk(name, [user("hello")])
    assert target.arrivals[0].json["sid"] is None


def test_an_openai_speaking_target_gets_the_id_in_a_header_of_the_registration(
    target, register, talk
):
    name = register(
        custom_headers=[{"key": "X-Session", "value": "s-{session_id}"}],
        metadata={"session": {"kind": "client"}},
    )
    said, headers = talk(name, [user("one")])
    talk(name, [user("one"), bot(said), user("two")])
    first, second = target.arrivals
    assert first.headers["X-Session"] == second.headers["X-Session"] != "s-{session_id}"
    assert second.json["messages"] == [user("two")]


def test_n_choices_are_n_conversations(chatbot, stock, target):
    name = chatbot(Rememberer(in_body("sid")), {"kind": "client"})
    stock.chat.completions.create(model=name, messages=[user("hello")], n=3)
    assert len({each.json["sid"] for each in target.arrivals}) == 3


def test_a_named_conversation_gives_one_choice(chatbot, talk):
    name = chatbot(Rememberer(in_body("sid")), {"kind": "client"})
    with pytest.raises(openai.BadRequestError) as refused:
        talk(name, [user("hello")], "one", n=2)
    assert refused.value.param == "n"


def test_a_name_with_odd_characters_is_refused(chatbot, talk):
    name = chatbot(Rememberer(in_body("sid")), {"kind": "client"})
    with pytest.raises(openai.BadRequestError):
        talk(name, [user("hello")], "a b")


@pytest.mark.parametrize(
    ("session", "field"),
    [
        ({"kind": "server"}, "session.read"),
        ({"kind": "server", "read": ".a["}, "session.read"),
        ({"kind": "server", "read": "header:not a name"}, "session.read"),
        ({"kind": "client", "read": ".id"}, "session.read"),
        ({"kind": "none", "open": {"path": "/x"}}, "session.open"),
        ({"kind": "server", "read": ".id", "open": {"path": "/x y"}}, "session.open.path"),
    ],
)
def test_a_session_that_cannot_work_is_refused(quintain, target, session, field):
    body = {
        "model_saved_name": "x", "model_version": "v1", "model_name": "m",
        "model_config": target.custom(metadata={"session": session}),
    }  # fmt: skip
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["details"]] == [
        f"model_config.metadata.{field}"
    ]
