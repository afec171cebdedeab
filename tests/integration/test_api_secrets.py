"""A search for every key of every kind, wherever it could have been left."""

import asyncio
import base64
import json
import urllib.parse
from pathlib import Path

import pytest
from aiohttp import web

from tests.served.quintain import Quintain
from tests.served.shapes import accepted, changed, refused
from tests.served.target import Hosted, answers, chunk, completion, streams

SECRETS = {
    "apikey": "sk-hunted-apikey-0123456789-abcdefgh",
    "second apikey": "sk-hunted-second-9876543210-hgfedcba",
    "short apikey": "hunt-short-1",
    "custom header": "Token hunted-header-0123456789",
    "extra auth": "hunted-extra-0123456789-zyxwv",
    "replaced apikey": "sk-hunted-replaced-0123456789-abcd",
    "deleted apikey": "sk-hunted-deleted-0123456789-abcd",
    "unsaved apikey": "sk-hunted-unsaved-0123456789-abcd",
    "refused apikey": "sk-hunted-refused-0123456789-abcd",
    "misplaced apikey": "sk-hunted-misplaced-0123456789-ab",
}
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


def spellings(text):
    raw = text.encode()
    yield raw
    yield base64.b64encode(raw).rstrip(b"=")[:-1]
    yield raw.hex().encode()
    yield urllib.parse.quote(text).encode()


def found_in(data, secrets=SECRETS):
    return [kind for kind, text in secrets.items() if any(each in data for each in spellings(text))]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A server at log level debug that has seen every kind of key in every way; and its answers."""
    server = Quintain(tmp_path_factory.mktemp("lived") / "data", QUINTAIN_LOG_LEVEL="debug").start()
    hosted = Hosted()
    yield server, _lived(server, hosted.target)
    hosted.close()
    server.stop()


def _lived(server, target):
    told = []

    def call(method, path, body=None, **more):
        answer = server.call(method, path, body, **more)
        told.append(answer.content + repr(answer.headers.raw).encode())
        return answer

    _register(call, target)
    _refuse(call, target)
    _converse(call, target)
    for path in ("/metrics", "/openapi.json", "/models/list-models", "/sdk/models/list-models",
                 "/keys", "/vault", "/v1/models"):  # fmt: skip
        assert call("GET", path).status_code == 200
    return told


def _register(call, target):
    named = {"X-Enkrypt-Model": "hunted"}
    config = target.custom(
        apikeys=[SECRETS["replaced apikey"], SECRETS["short apikey"]],
        custom_headers=[{"key": "X-Hunted", "value": SECRETS["custom header"]}],
        auth_data={"header_name": "X-Bot-Key", "header_prefix": "", "extra": SECRETS["extra auth"]},
    )
    for name, given in (
        ("hunted", config),
        ("gone", target.config(apikeys=[SECRETS["deleted apikey"]])),
    ):
        body = {
            "model_saved_name": name,
            "model_version": "v1",
            "model_name": "m",
            "model_config": given,
        }
        changed(call("POST", "/models/add-model", body), "added")
    keys = [SECRETS["apikey"], SECRETS["second apikey"], SECRETS["short apikey"]]
    changed(
        call("PATCH", "/models/modify-model", {"model_config": {"apikeys": keys}}, headers=named),
        "updated",
    )
    changed(call("DELETE", "/models/delete-model", headers={"X-Enkrypt-Model": "gone"}), "deleted")
    for path in ("/models/get-model", "/models/history", "/sdk/models/get-model"):
        accepted(call("GET", path, headers=named))


def _refuse(call, target):
    """Bodies that are wrong near a key: an error must not repeat what it read."""
    refused_key, misplaced = SECRETS["refused apikey"], SECRETS["misplaced apikey"]
    add = ("POST", "/models/add-model")
    ok = {"model_saved_name": "refused", "model_version": "v1", "model_name": "m"}
    for config in (
        target.config(apikeys=[refused_key + "\r\nX-Injected: 1"]),
        target.config(apikeys=refused_key),
        target.config(apikeys=[{"key": refused_key}]),
        target.config(apikey=misplaced),
        target.config(rate_per_min=misplaced),
        target.config(hosting_type=misplaced),
        target.config(custom_headers=[{"key": f"X {misplaced}", "value": refused_key}]),
        target.config(endpoint={"host": f"user:{misplaced}@host.example"}),
        target.config(endpoint={"host": "host.example", "port": misplaced}),
        target.config(auth_data={"header_name": misplaced + ":", "extra": [refused_key]}),
        target.config(model_jwt_config={"jwt_body": [refused_key], "jwt_url": ""}),
        target.config(model_provider=misplaced),
    ):
        refused(call(*add, ok | {"model_config": config}), 422, "invalid")
    refused(call(*add, f'{{"apikeys": ["{refused_key}"], }}'.encode()), 400, "invalid_json")
    move = {"model_config": {"endpoint": {"port": 1}, "apikeys": [refused_key]}}
    refused(
        call("PATCH", "/models/modify-model", move, headers={"X-Enkrypt-Model": "hunted"}),
        422,
        "invalid",
    )
    refused(call("GET", "/keys", key=refused_key), 401, "unauthorized")


def _echoes(status, kind="application/json"):
    """The target's own copy of what it was sent, in the body and in headers."""

    async def behaviour(request):
        sent = dict(request.headers)
        told = {"answer": {"text": f"{sent}"}, "choices": [{"message": {"content": f"{sent}"}}]}
        keys = {f"X-Echo-{i}": each for i, each in enumerate(sent.values())}
        return web.Response(
            body=json.dumps(told),
            status=status,
            content_type=kind,
            headers={"Retry-After": "0"} | keys,
        )

    return behaviour


def _converse(call, target):
    for status in (200, 400, 401, 403, 404, 422, 429, 500, 503):
        target.does(_echoes(status))
        call("POST", "/v1/chat/completions", CHAT | {"model": "hunted"})
        call("POST", "/redteam/v3/model/model-health", headers={"X-Enkrypt-Model": "hunted"})
        unsaved = {
            "model_name": "m",
            "model_config": target.config(apikeys=[SECRETS["unsaved apikey"]]),
        }
        call("POST", "/redteam/v3/model-health", {"endpoint_configuration": unsaved})
    target.does(_echoes(200, "text/html"))
    call("POST", "/v1/chat/completions", CHAT | {"model": "hunted"})


def test_no_answer_holds_a_key(lived):
    _, told = lived

    assert [(kind, data[:300]) for data in told for kind in found_in(data)] == []


def test_no_log_line_holds_a_key(lived):
    server, _ = lived

    assert server.logs()
    assert found_in(server.log.read_bytes()) == []


def test_no_file_of_the_data_directory_holds_a_key(lived):
    server, _ = lived
    made = server.new_key("viewer")
    hunted = SECRETS | {"our key": made, "admin key": "an-admin-key-for-tests-0123456789abcdef"}
    masters = [
        line
        for line in (server.data_dir / "keyring").read_text().split("\n")
        if line and line[0] != "#"
    ]
    hunted |= {f"master key {i}": each for i, each in enumerate(masters)}

    files = [
        path for path in server.data_dir.rglob("*") if path.is_file() and path.name != "keyring"
    ]

    assert {path.name for path in files} >= {"quintain.db", "quintain.db-wal"}
    assert {path.name: found_in(path.read_bytes(), hunted) for path in files} == {
        p.name: [] for p in files
    }


def test_files_of_the_data_directory_are_the_owner_s_alone(lived):
    server, _ = lived

    assert server.data_dir.stat().st_mode & 0o077 == 0
    assert (server.data_dir / "keyring").stat().st_mode & 0o777 == 0o600


def test_no_process_shows_a_key_in_its_arguments_nor_a_worker_in_its_environment(lived):
    server, _ = lived
    processes = _family(server.process.pid)
    hunted = SECRETS | {"admin key": "an-admin-key-for-tests-0123456789abcdef"}

    assert len(processes) > 1
    for process in processes:
        assert found_in((process / "cmdline").read_bytes(), hunted) == []
        if process.name != str(server.process.pid):
            assert found_in((process / "environ").read_bytes(), hunted) == []


def _family(pid):
    """The process and all below it, as directories of /proc."""
    children = [
        child
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [Path(f"/proc/{pid}"), *(each for child in children for each in _family(child))]


class TestEcho:
    """The target sends our key back."""

    KEY = "sk-echoed-0123456789-abcdefghijklmnop"
    MASK = "sk-...mnop"

    @pytest.fixture
    def call(self, quintain, target, name):
        quintain.add(name, target.config(apikeys=[self.KEY]))

        def call(**more):
            return quintain.call("POST", "/v1/chat/completions", CHAT | {"model": name} | more)

        return call

    def test_in_an_answer(self, target, call):
        target.does(answers(completion(f"Your key is {self.KEY}.")))

        answer = accepted(call())

        assert answer["choices"][0]["message"]["content"] == f"Your key is {self.MASK}."

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 500])
    def test_in_a_refusal(self, target, call, status):
        error = {"error": {"message": f"bad key {self.KEY}", "type": "x", "code": None}}
        target.does(answers(error, status=status))

        answer = call()

        assert self.KEY not in answer.text
        assert self.MASK in answer.json()["error"]["message"]

    def test_in_a_refusal_where_the_excerpt_ends_in_the_key(self, target, call):
        for padding in range(240, 310, 5):
            target.does(answers(b"x" * padding + self.KEY.encode(), status=401))
            assert self.KEY[:12] not in call().text

    def test_in_a_stream(self, target, call):
        target.does(streams(chunk("Your key: "), chunk(self.KEY), chunk(None, "stop")))

        text = call(stream=True).text

        assert self.KEY not in text
        assert self.MASK in text

    @pytest.mark.parametrize("cut", [1, 5, 20, len(KEY) - 1])
    def test_in_a_stream_that_is_cut_inside_the_key(self, target, call, cut):
        event = chunk(f"Your key: {self.KEY}, really.")
        at = event.index(self.KEY.encode()) + cut
        first, second = chunk("Well. "), chunk(None, "stop")
        target.does(streams(first, event[:at], _a_moment, event[at:], second))

        text = call(stream=True).text

        assert self.KEY not in text
        whole = event.decode().replace(self.KEY, self.MASK)
        assert text == first.decode() + whole + second.decode() + "data: [DONE]\n\n"

    def test_in_the_stream_of_a_custom_target(self, quintain, target, name):
        quintain.add(
            name,
            target.custom(
                apikeys=[self.KEY], custom_response_content_type="sse", custom_response_format=".t"
            ),
        )
        data = json.dumps({"t": f"key {self.KEY}"}).encode()
        target.does(streams(b"data: " + data[:30], _a_moment, data[30:] + b"\n\n"))

        answer = quintain.call(
            "POST", "/v1/chat/completions", CHAT | {"model": name, "stream": True}
        )

        assert self.KEY not in answer.text
        assert self.MASK in answer.text


async def _a_moment():
    """So that the two pieces arrive apart."""
    await asyncio.sleep(0.1)


def test_the_key_of_one_model_is_not_masked_in_answers_of_another(quintain, target, name):
    """Only its own: masking every text of the registry would tell who knows which key."""
    quintain.add(f"{name} a", target.config(apikeys=["sk-of-a-0123456789-abcdefgh"]))
    quintain.add(f"{name} b", target.config())
    target.does(answers(completion("sk-of-a-0123456789-abcdefgh")))

    answer = quintain.call("POST", "/v1/chat/completions", CHAT | {"model": f"{name} b"})

    assert accepted(answer)["choices"][0]["message"]["content"] == "sk-of-a-0123456789-abcdefgh"


@pytest.mark.parametrize("kind", SECRETS)
def test_the_search_finds_a_key_where_one_is(kind):
    text = SECRETS[kind]

    for spelled in (text, json.dumps({"a": text}), text.encode().hex(), urllib.parse.quote(text)):
        assert found_in(f"before {spelled} after".encode()) == [kind]
    assert found_in(base64.b64encode(text.encode())) == [kind]
