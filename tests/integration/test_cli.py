"""The command line against a server of its contract: exit codes, what stands on stdout, what not."""

import json
import os
import shlex
import signal
import subprocess
import sys

import pytest

from quintain.cli.exits import Code
from tests.integration.command_line import command_line
from tests.integration.fake_quintain import KEY, FakeQuintain, Override, chunk, model_of

TARGET_KEY = "sk-0123456789abcdefghijklmnop"


@pytest.fixture
def server():
    with FakeQuintain() as fake:
        fake.models = [
            model_of(
                {
                    "model_saved_name": name,
                    "model_version": version,
                    "testing_for": "foundationModels",
                    "model_name": "gpt-4o",
                    "model_config": {"model_provider": "openai", "apikeys": ["x"]},
                },
                number,
            )
            for number, (name, version) in enumerate(
                [("gpt", "v1"), ("gpt", "v2"), ("größe", "v1")], start=1
            )
        ]
        yield fake


@pytest.fixture
def quintain(server, capsys, monkeypatch):
    return command_line(capsys, monkeypatch, server.url, KEY)


@pytest.fixture
def spawn(server):
    """The same as a process of its own, for signals and pipes."""
    started = []

    def run(*command, **how):
        environ = os.environ | {
            "PYTHONUNBUFFERED": "",
            "QUINTAIN_URL": server.url,
            "QUINTAIN_API_KEY": KEY,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "quintain", *command],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **how,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


# --- every refusal has its exit code and its words


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 7), (401, 4), (403, 4), (404, 5), (409, 6), (422, 7), (429, 8), (500, 1), (503, 3)],
)
def test_each_refusal_has_its_exit_code_and_says_why(quintain, server, status, code):
    body = {"message": "This is why.", "error": "a_code", "request_id": "r"}
    server.answers["GET", "/models/list-models"] = Override(status, body)
    ended = quintain("models", "list")
    assert ended.code == code
    assert "This is why." in ended.err
    assert ended.out == ""


def test_a_422_shows_every_field(quintain, server):
    details = [
        {"field": "model_config.endpoint.port", "message": "must be at most 65535"},
        {"field": "model_config.rate_per_min", "message": "must be at least 1"},
    ]
    server.answers["POST", "/models/add-model"] = Override(
        422, {"message": "2 fields", "error": "invalid", "details": details}
    )
    ended = quintain("models", "add", "gpt", "--provider", "openai", "--json")
    assert ended.code == Code.REFUSED
    assert ended.out == ""
    for detail in details:
        assert detail["field"] in ended.err
        assert detail["message"] in ended.err


def test_no_server_is_an_exit_code_of_its_own(quintain, monkeypatch):
    monkeypatch.setenv("QUINTAIN_URL", "http://127.0.0.1:1")
    ended = quintain("models", "list")
    assert ended.code == Code.UNREACHABLE
    assert "quintain serve" in ended.err


def test_no_access_at_all_says_what_to_do(quintain, monkeypatch, tmp_path):
    monkeypatch.delenv("QUINTAIN_URL")
    monkeypatch.delenv("QUINTAIN_API_KEY")
    monkeypatch.setenv("QUINTAIN_LOCAL_FILE", str(tmp_path / "none.json"))
    ended = quintain("models", "list")
    assert ended.code == Code.UNREACHABLE
    assert "quintain serve" in ended.err


def test_a_wrong_key_says_where_it_came_from_but_not_what_it_is(quintain, monkeypatch):
    monkeypatch.setenv("QUINTAIN_API_KEY", "qt_wrong_secret")
    ended = quintain("models", "list")
    assert ended.code == Code.NOT_ALLOWED
    assert "QUINTAIN_API_KEY" in ended.err
    assert "qt_wrong_secret" not in ended.err


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_another_server_is_not_taken_for_quintain(quintain, server, status):
    server.answers["GET", "/models/list-models"] = Override(
        status, "<html>hello</html>", {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
    )
    ended = quintain("models", "list")
    assert ended.code == Code.UNREACHABLE
    assert "QUINTAIN_URL" in ended.err


def test_a_redirect_does_not_take_the_key_along(quintain, server):
    with FakeQuintain() as elsewhere:
        server.answers["GET", "/models/list-models"] = Override(
            307, "", {"Location": f"{elsewhere.url}/models/list-models"}
        )
        assert quintain("models", "list").code == Code.UNREACHABLE
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    "command",
    [
        ["models", "list", "--nonsense"],
        ["models", "nonsense"],
        ["models", "add"],
        ["models", "add", "gpt", "--provider", "openai", "--rate", "0"],
        ["models", "add", "gpt", "--provider", "openai", "--url", "ftp://x"],
        ["models", "add", "-f", "/no/such/file.yaml"],
        ["models", "add", "-f", "-", "--key-stdin"],
        ["models", "add", "gpt", "--provider", "openai", "--key-stdin"],
        ["models", "edit", "gpt"],
        ["models", "remove", "gpt"],
        ["keys", "create", "--role", "king"],
        ["keys", "create", "--role", "viewer", "--expires", "soon"],
        ["call", "gpt"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_a_usage_error(quintain, server, command):
    ended = quintain(*command)
    assert ended.code == Code.USAGE
    assert ended.err
    assert ended.out == ""
    assert not [seen for seen in server.seen if seen.method != "GET"]


# --- --json is machine readable and nothing else


@pytest.mark.parametrize(
    "command",
    [
        ["models", "list"],
        ["models", "show", "gpt"],
        ["models", "add", "new", "--provider", "openai", "--no-key"],
        ["models", "edit", "gpt", "--rate", "5"],
        ["models", "remove", "gpt", "--yes"],
        ["models", "history", "gpt"],
        ["check", "gpt"],
        ["call", "gpt", "Hello"],
        ["keys", "list"],
        ["keys", "create", "--role", "viewer"],
        ["keys", "revoke", "qt_1", "--yes"],
        ["vault", "status"],
        ["vault", "rotate"],
    ],
    ids=" ".join,
)
def test_under_json_stdout_is_one_document(quintain, server, command):
    key = {"id": 1, "prefix": "qt_1", "role": "viewer", "project_name": "default", "key": "qt_1_x"}
    server.answers |= {
        ("GET", "/models/history"): Override(200, {"revisions": []}),
        ("POST", "/redteam/v3/model/model-health"): Override(200, HEALTHY),
        ("GET", "/keys"): Override(200, {"keys": [key]}),
        ("POST", "/keys"): Override(200, {"message": "made", "data": key}),
        ("DELETE", "/keys/qt_1"): Override(200, {"message": "revoked", "data": key}),
    }
    ended = quintain(*command, "--json")
    assert ended.code == Code.OK
    assert isinstance(json.loads(ended.out), dict)
    assert ended.err == ""


# --- models


def test_models_are_listed_with_filters(quintain, server):
    ended = quintain("models", "list", "-q", "gpt", "--provider", "openai")
    assert server.last.query == {"q": "gpt", "model_provider": "openai"}
    assert ended.out.splitlines()[0].startswith("NAME")
    assert len(ended.out.splitlines()) == 3


def test_an_empty_list_says_how_to_begin(quintain, server):
    server.models = []
    ended = quintain("models", "list")
    assert ended.code == Code.OK
    assert "quintain models add" in ended.err


def test_a_model_is_added_by_flags_and_its_key_comes_by_stdin(quintain, server):
    ended = quintain(
        *shlex.split("models add new --provider openai --model gpt-4o --rate 7 --key-stdin"),
        stdin=f"{TARGET_KEY}\n\nsk-second\n",
    )
    assert ended.code == Code.OK
    assert server.last.body == {
        "model_saved_name": "new",
        "model_version": "v1",
        "model_name": "gpt-4o",
        "model_config": {
            "model_provider": "openai",
            "rate_per_min": 7,
            "apikeys": [TARGET_KEY, "sk-second"],
        },
    }
    assert "new:v1 was added" in ended.out
    assert TARGET_KEY not in ended.out + ended.err


@pytest.mark.parametrize("suffix", ["json", "yaml", "-"])
def test_a_model_is_added_from_a_document_and_flags_win(quintain, server, tmp_path, suffix):
    body = {"model_saved_name": "doc", "model_config": {"model_provider": "openai"}}
    text = (
        json.dumps(body)
        if suffix == "json"
        else "model_saved_name: doc\nmodel_config: {model_provider: openai}\n"
    )
    path = tmp_path / f"model.{suffix}"
    path.write_text(text)
    key_file = tmp_path / "key"
    key_file.write_text(TARGET_KEY)
    source = "-" if suffix == "-" else str(path)
    ended = quintain(
        "models", "add", "-f", source, "--version", "v9", "--key-file", str(key_file), stdin=text
    )
    assert ended.code == Code.OK
    assert server.last.body == {
        "model_saved_name": "doc",
        "model_version": "v9",
        "model_config": {"model_provider": "openai", "apikeys": [TARGET_KEY]},
    }


def test_a_local_model_is_added_by_its_address(quintain, server):
    quintain(
        *shlex.split("models add llama --provider openai_compatible --model llama3"),
        *shlex.split("--url http://127.0.0.1:8000/v1 --internal --no-key --testing-for agents"),
    )
    assert server.last.body["testing_for"] == "agents"
    assert server.last.body["model_config"] == {
        "model_provider": "openai_compatible",
        "hosting_type": "Internal",
        "endpoint": {"scheme": "http", "host": "127.0.0.1", "port": 8000, "base_path": "/v1"},
    }


def test_show_prints_yaml_that_can_be_given_back(quintain, server):
    ended = quintain("models", "show", "gpt")
    assert "model_version: v2" in ended.out
    assert "model_id" not in ended.out
    ended = quintain("models", "edit", "gpt:v1", "-f", "-", stdin=ended.out)
    assert ended.code == Code.OK
    assert server.last.body["model_config"]["apikeys"] == ["xxxxx"]  # which keeps the stored one


def test_a_name_without_a_version_means_the_newest(quintain, server):
    quintain("models", "edit", "gpt", "--rate", "5", "--rename", "gpt-4o")
    assert server.last.headers["X-Enkrypt-Model-Version"] == "v2"
    assert server.last.body == {"model_saved_name": "gpt-4o", "model_config": {"rate_per_min": 5}}


def test_a_name_that_is_not_ascii_travels_as_utf8(quintain, server):
    assert quintain("models", "remove", "größe", "--yes").code == Code.OK
    assert server.last.headers["X-Enkrypt-Model"] == "größe"


def test_an_unknown_name_is_met_with_the_nearest_known_one(quintain):
    ended = quintain("models", "show", "gtp")
    assert ended.code == Code.NOT_FOUND
    assert "Did you mean gpt?" in ended.err


def test_a_model_is_edited_in_the_users_editor(quintain, server, monkeypatch):
    script = "import sys; p=sys.argv[1]; t=open(p).read(); open(p,'w').write(t.replace('20', '99'))"
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c {shlex.quote(script)}")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("quintain.cli.registering.at_terminal", lambda: True)
    assert quintain("models", "edit", "gpt:v1").code == Code.OK
    assert server.last.body == {"model_config": {"rate_per_min": 99}}


def test_the_history_tells_who_changed_what(quintain, server):
    changes = [
        {"field": "model_config.rate_per_min", "from": 20, "to": 60},
        {"field": "model_config.apikeys", "change": "changed"},
    ]
    revision = {
        "revision": 2,
        "action": "modified",
        "who": "qt_abc",
        "at": "2020-06-01T12:00:00+00:00",
        "changes": changes,
    }
    server.answers["GET", "/models/history"] = Override(200, {"revisions": [revision]})
    ended = quintain("models", "history", "gpt:v1")
    assert "model_config.rate_per_min: 20 → 60; model_config.apikeys changed" in ended.out
    assert "qt_abc" in ended.out


def test_the_history_of_a_removed_model_is_asked_for_by_its_name(quintain, server):
    server.answers["GET", "/models/history"] = Override(200, {"revisions": []})
    assert quintain("models", "history", "gone:v7").code == Code.OK
    assert server.last.headers["X-Enkrypt-Model"] == "gone"
    assert server.last.headers["X-Enkrypt-Model-Version"] == "v7"


# --- check

HEALTHY = {
    "status": "healthy",
    "message": "ok",
    "data": {
        "query": "Hi",
        "response": "Hello \x1b[2Jthere",
        "diagnosis": [{"stage": "config", "result": "ok", "ms": 0.1, "message": None}],
    },
    "error": "",
}
UNHEALTHY = {
    "status": "unhealthy",
    "message": "Nothing listens there.",
    "data": {
        "query": "Hi",
        "response": "",
        "diagnosis": [
            {"stage": "dns", "result": "ok", "ms": 0.1, "message": None},
            {"stage": "connect", "result": "failed", "ms": 1, "message": "Start the target."},
            {"stage": "tls", "result": "skipped", "ms": None, "message": None},
        ],
    },
    "error": "",
}


def test_a_healthy_model_is_exit_0(quintain, server):
    server.answers["POST", "/redteam/v3/model/model-health"] = Override(200, HEALTHY)
    ended = quintain("check", "gpt:v1")
    assert ended.code == Code.OK
    assert server.last.headers["X-Enkrypt-Model-Version"] == "v1"
    assert "✓ config" in ended.out
    assert "Healthy." in ended.out
    assert "\x1b" not in ended.out


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_an_unhealthy_model_is_exit_1_and_says_what_to_change(quintain, server, more):
    server.answers["POST", "/redteam/v3/model/model-health"] = Override(200, UNHEALTHY)
    ended = quintain("check", "gpt", *more)
    assert ended.code == Code.FAILED
    assert "Start the target." in ended.out
    assert more or "✗ connect" in ended.out


# --- call


def test_a_call_prints_the_answer_and_ends_the_line(quintain, server):
    ended = quintain("call", "gpt:v1", "Hi", "--system", "Be brief.", "--max-wait", "2.5")
    assert (ended.code, ended.out, ended.err) == (0, "Hello.\n", "")
    assert server.last.headers["X-Quintain-Max-Wait"] == "2.5"
    assert server.last.body == {
        "model": "gpt:v1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
        "stream": True,
    }


def test_a_call_reads_its_prompt_from_stdin(quintain, server):
    assert quintain("call", "gpt", "-", "--no-stream", stdin="größe\n").out == "Hello.\n"
    assert server.last.body["messages"][0]["content"] == "größe\n"
    assert server.last.body["stream"] is False


def test_an_answer_is_printed_as_it_arrives(spawn, server):
    server.hold_after = 1
    process = spawn("call", "gpt", "Hi")
    assert process.stdout.read(3) == b"Hel"  # the rest is held back until this has been read
    server.gate.set()
    assert process.stdout.read() == b"lo.\n"
    assert process.wait(10) == 0


def test_an_answer_that_breaks_off_is_a_failure(quintain, server):
    server.finish_stream = False
    ended = quintain("call", "gpt", "Hi")
    assert ended.code == Code.FAILED
    assert ended.out == "Hello.\n"
    assert "broke off" in ended.err


def test_a_blocked_prompt_is_said_on_stderr(quintain, server):
    server.stream = [chunk("Not here."), chunk("", "content_filter")]
    ended = quintain("call", "gpt", "Hi")
    assert (ended.code, ended.out) == (0, "Not here.\n")
    assert "blocked" in ended.err


def test_an_error_of_the_gateway_is_read_in_openais_shape(quintain, server):
    error = {"message": "The target refuses our key.", "type": "x", "param": None, "code": "y"}
    server.answers["POST", "/v1/chat/completions"] = Override(424, {"error": error})
    ended = quintain("call", "gpt", "Hi")
    assert ended.code == Code.FAILED
    assert "refuses our key" in ended.err


# --- keys and vault


def test_a_new_key_is_all_that_a_pipe_reads(quintain, server):
    data = {
        "prefix": "qt_a",
        "role": "caller",
        "project_name": "red",
        "models": ["gpt"],
        "key": "qt_a_full",
    }
    server.answers["POST", "/keys"] = Override(200, {"message": "made", "data": data})
    ended = quintain(
        *shlex.split("keys create --role caller --project red --model gpt --expires 30d --name ci")
    )
    assert ended.out == "qt_a_full\n"
    assert "not shown again" in ended.err
    assert server.last.body == {
        "role": "caller",
        "project": "red",
        "models": ["gpt"],
        "expires_in_s": 2_592_000,
        "name": "ci",
    }


def test_keys_are_listed_with_their_state(quintain, server):
    key = {"id": 1, "prefix": "qt_a", "name": "ci", "role": "caller", "project_name": "default"}
    server.answers["GET", "/keys"] = Override(
        200, {"keys": [key, key | {"prefix": "qt_b", "revoked_at": "2025-06-01T12:00:00+00:00"}]}
    )
    head, first, second = quintain("keys", "list").out.splitlines()
    assert "works" in first
    assert "revoked" in second


def rotation(done, *, running=True, error=None):
    return {"done": done, "total": 3, "running": running, "error": error}


def test_a_rotation_is_followed_to_its_end(quintain, server, monkeypatch):
    monkeypatch.setattr("quintain.cli.vault.POLL_S", 0)
    server.rotation = [rotation(0), rotation(2), rotation(3, running=False)]
    ended = quintain("vault", "rotate")
    assert ended.code == Code.OK
    assert "secrets of 3 models are sealed" in ended.out
    assert [seen.method for seen in server.seen] == ["POST", "GET", "GET"]


def test_a_rotation_that_fails_is_exit_1(quintain, server, monkeypatch):
    monkeypatch.setattr("quintain.cli.vault.POLL_S", 0)
    server.rotation = [rotation(0), rotation(1, running=False, error="The store is away.")]
    ended = quintain("vault", "rotate")
    assert ended.code == Code.FAILED
    assert "The store is away." in ended.err


def test_a_rotation_need_not_be_waited_for(quintain, server):
    server.rotation = [rotation(0)]
    assert "has started" in quintain("vault", "rotate", "--no-wait").out
    assert len(server.seen) == 1


# --- as a process


def test_ctrl_c_ends_a_call_cleanly(spawn, server):
    server.hold_after = 1
    process = spawn("call", "gpt", "Hi")
    assert process.stdout.read(3) == b"Hel"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == Code.INTERRUPTED
    assert b"Traceback" not in err
    assert out == b"\n"


def test_a_pipe_that_closes_early_is_no_traceback(spawn, server):
    server.stream = [chunk("x" * 100_000) for _ in range(20)]
    process = spawn("call", "gpt", "Hi")
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(10) != 0
    assert b"Traceback" not in process.stderr.read()


def test_a_targets_key_never_stands_in_the_process_list(spawn, server):
    server.answers["POST", "/models/add-model"] = Override(422, {"message": "no", "error": "x"})
    process = spawn(
        "models", "add", "g", "--provider", "openai", "--key-stdin", stdin=subprocess.PIPE
    )
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        assert TARGET_KEY.encode() not in file.read()
    out, err = process.communicate(TARGET_KEY.encode(), timeout=10)
    assert server.last.body["model_config"]["apikeys"] == [TARGET_KEY]
    assert TARGET_KEY.encode() not in out + err


def test_an_ascii_locale_costs_signs_and_no_traceback(server):
    server.answers["POST", "/redteam/v3/model/model-health"] = Override(200, UNHEALTHY)
    environ = os.environ | {
        "QUINTAIN_URL": server.url,
        "QUINTAIN_API_KEY": KEY,
        "PYTHONIOENCODING": "ascii",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "quintain", "check", "gpt"],
        env=environ,
        check=False,
        capture_output=True,
        timeout=20,
    )
    assert ended.returncode == Code.FAILED
    assert b"x connect" in ended.stdout
    assert ended.stderr == b""
