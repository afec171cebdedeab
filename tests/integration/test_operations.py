"""Running the server: its pages, its end, what it refuses to start with, and what it costs over time."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import aiohttp
import httpx
import openai
import pytest

from tests.served.quintain import ADMIN_KEY, Quintain, until
from tests.served.target import KEY, answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]


def chat(server, model, **more):
    body = {"model": model, "messages": HI} | more
    return server.call("POST", "/v1/chat/completions", body)


def in_thread(function, *arguments):
    """Start it; gives the list that its result will be in, and the thread."""
    got: list = []
    thread = threading.Thread(target=lambda: got.append(function(*arguments)))
    thread.start()
    return got, thread


# --- pages without a key


def test_alive_and_ready_without_a_key(quintain):
    assert quintain.call("GET", "/healthz", key=None).json() == {"status": "ok"}
    assert quintain.call("GET", "/readyz", key=None).json() == {"status": "ready"}


def test_metrics_count_calls_by_how_they_ended(own_quintain, target):
    server = own_quintain()
    server.add("secret-name", target.config())
    chat(server, "secret-name")
    target.does(answers({"error": "no"}, status=401))
    chat(server, "secret-name")
    page = server.call("GET", "/metrics", key=None)
    assert page.headers["content-type"].startswith("text/plain")
    lines = page.text.splitlines()
    for line in (
        'quintain_calls_total{dialect="openai",outcome="answered"} 1.0',
        'quintain_calls_total{dialect="openai",outcome="failed"} 1.0',
        'quintain_call_errors_total{stage="auth"} 1.0',
        'quintain_target_requests_total{dialect="openai"} 2.0',
        "quintain_waiting 0.0",
    ):
        assert line in lines
    for secret in (KEY, ADMIN_KEY, "secret-name", str(target.port)):
        assert secret not in page.text


def test_metrics_do_not_grow_with_what_callers_make_up(own_quintain):
    server = own_quintain()
    before = len(server.call("GET", "/metrics").text.splitlines())
    for number in range(50):
        chat(server, f"made-up-{number}")
        server.call(f"GET{number}", f"/made-up/{number}")
        server.call("GET", "/models/list-models", key=f"qt_{number:08}_made-up")
    after = len(server.call("GET", "/metrics").text.splitlines())
    assert after - before < 25


def test_a_failed_call_is_one_line_of_json_with_its_request_id(own_quintain, target):
    server = own_quintain()
    server.add("m", target.config())
    target.does(answers({"error": f"bad key {KEY}"}, status=401))
    answer = chat(server, "m")
    lines = [json.loads(line) for line in server.logs().splitlines()]
    mine = [line for line in lines if line.get("request_id") == answer.headers["x-request-id"]]
    assert [(line["code"], line["target_status"]) for line in mine] == [("target_refused_key", 401)]
    assert KEY not in server.logs()
    assert ADMIN_KEY not in server.logs()


def test_port_0_takes_a_free_one_and_loopback_is_allowed_to_internal_models(own_quintain):
    server = own_quintain()
    assert int(server.url.rsplit(":", 1)[1]) > 0
    assert "127.0.0.0/8" in server.started["egress_allow"]
    everywhere = own_quintain("everywhere", QUINTAIN_HOST="0.0.0.0")
    assert everywhere.started["egress_allow"] == []
    assert everywhere.call("GET", "/readyz").status_code == 200


# --- the end


def test_a_stream_under_way_comes_to_its_end_and_nothing_new_begins(own_quintain, target, hold):
    server = own_quintain()
    server.add("m", target.config())
    target.does(streams(chunk("first"), hold, chunk("last"), chunk(None, "stop")))
    with server.openai() as client:
        stream = client.chat.completions.create(model="m", messages=HI, stream=True)
        assert next(stream).choices[0].delta.content == "first"
        server.process.send_signal(signal.SIGTERM)
        until(lambda: _turned_away(server))
        assert server.process.poll() is None
        hold.release()
        rest = [part.choices[0].delta.content for part in stream]
    assert rest == ["last", None]
    assert server.stop() == 0
    assert len(target.arrivals) == 1


def _turned_away(server) -> bool:
    try:
        return chat(server, "m").status_code == 503
    except httpx.TransportError:
        return True


def test_a_json_call_under_way_is_answered_too(own_quintain, target, hold):
    server = own_quintain()
    server.add("m", target.config())
    target.does(hold.then(answers()))
    got, thread = in_thread(chat, server, "m")
    hold.arrived()
    server.process.send_signal(signal.SIGTERM)
    until(lambda: _turned_away(server))
    hold.release()
    thread.join(10)
    assert got[0].status_code == 200
    assert server.stop() == 0


def test_those_in_line_are_sent_home_at_once(own_quintain, target):
    server = own_quintain()
    server.add("m", target.config(rate_per_min=1))
    chat(server, "m")
    got, thread = in_thread(chat, server, "m")
    until(lambda: "quintain_waiting 1.0" in server.call("GET", "/metrics").text)
    began = time.monotonic()
    assert server.stop() == 0
    thread.join(10)
    assert time.monotonic() - began < 10
    assert got[0].status_code == 503
    assert got[0].json()["error"]["code"] == "shutting_down"
    assert int(got[0].headers["retry-after"]) >= 1
    assert len(target.arrivals) == 1


def test_a_call_without_an_end_is_broken_off_at_the_deadline(own_quintain, target, hold):
    server = own_quintain(QUINTAIN_DRAIN_S="1")
    server.add("m", target.config())
    target.does(streams(chunk("first"), hold))
    with server.openai() as client:
        stream = client.chat.completions.create(model="m", messages=HI, stream=True)
        assert next(stream).choices[0].delta.content == "first"
        began = time.monotonic()
        assert server.stop() == 0
        assert 1 <= time.monotonic() - began < 10
        with pytest.raises((openai.APIError, httpx.TransportError)):
            list(stream)
    until(lambda: target.left == 1)
    assert "Traceback" not in server.logs()


def test_a_call_without_an_answer_by_the_deadline_hears_why(own_quintain, target, hold):
    server = own_quintain(QUINTAIN_DRAIN_S="1")
    server.add("m", target.config())
    target.does(hold.then(answers()))
    got, thread = in_thread(chat, server, "m")
    hold.arrived()
    assert server.stop() == 0
    thread.join(10)
    assert (got[0].status_code, got[0].json()["error"]["code"]) == (503, "shutting_down")
    assert "Traceback" not in server.logs()


def test_ctrl_c_ends_it_in_good_order(own_quintain):
    server = own_quintain()
    assert server.stop(signal.SIGINT) in {0, 130}
    assert "Traceback" not in server.logs()


def test_a_restart_finds_everything_as_it_was(own_quintain, target):
    server = own_quintain()
    server.add("m", target.config())
    key = server.new_key("caller")
    assert server.stop() == 0
    server.start()
    with server.openai(key) as client:
        assert client.chat.completions.create(model="m", messages=HI).choices
    assert target.arrivals[0].headers["Authorization"] == f"Bearer {KEY}"


# --- what it refuses to start with


def refused_start(server) -> str:
    """What it says when it does not come up."""
    ended = subprocess.run(
        server.command(),
        env=server.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode not in {0, -signal.SIGKILL}, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_second_server_on_the_same_data_is_refused(own_quintain):
    server = own_quintain()
    said = refused_start(Quintain(server.data_dir))
    assert "Another quintain serves from" in said
    assert server.call("GET", "/readyz").status_code == 200


def test_a_port_that_is_taken_is_named(tmp_path):
    class OnPort(Quintain):
        def command(self):
            return [each if each != "0" else str(port) for each in super().command()]

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused_start(OnPort(tmp_path / "data"))


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("MAX_WAIT_S", "soon", "QUINTAIN_MAX_WAIT_S"),
        ("MAX_WAIT_S", "-1", "QUINTAIN_MAX_WAIT_S"),
        ("READ_S", "0", "QUINTAIN_READ_S"),
        ("LOG_LEVEL", "loud", "QUINTAIN_LOG_LEVEL"),
        ("ADMIN_KEY", "too-short-to-be-one", "32 characters"),
        ("KEYRING", "bm90IGEga2V5", ""),
        ("CA_FILE", "/nowhere/ca.pem", "/nowhere/ca.pem"),
        ("CA_FILE", __file__, "QUINTAIN_CA_FILE"),
        ("EGRESS_ALLOW", "10.0.0.0/99", "10.0.0.0/99"),
        ("DATABASE_URL", "mysql://somewhere/quintain", ""),
    ],
)
def test_a_setting_that_is_wrong_is_told_in_a_sentence(tmp_path, setting, value, sentence):
    said = refused_start(Quintain(tmp_path / "data", **{f"QUINTAIN_{setting}": value}))
    assert sentence in said
    assert len(said.strip().splitlines()) <= 4, said
    if setting in {"ADMIN_KEY", "KEYRING"}:
        assert value not in said


def test_a_data_directory_that_is_a_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / "data").write_text("")
    assert "data directory" in refused_start(Quintain(tmp_path / "data"))


def test_a_setting_that_does_not_exist_is_warned_of_with_its_nearest_name(own_quintain):
    server = own_quintain(QUINTAIN_MAX_WAITS="5")
    assert "QUINTAIN_MAX_WAITS is not a setting: did you mean QUINTAIN_MAX_WAIT" in server.logs()


# --- sizes


def test_sizes_are_bounded_by_settings(own_quintain, target):
    server = own_quintain(
        QUINTAIN_MAX_GATEWAY_BODY="20000",
        QUINTAIN_MAX_CONTROL_BODY="10000",
        QUINTAIN_MAX_ANSWER_BODY="5000",
    )
    server.add("m", target.config())
    large = "x" * 20_000
    call = chat(server, "m", user=large)
    assert (call.status_code, call.json()["error"]["code"]) == (413, "too_large")
    control = server.call("POST", "/models/add-model", {"model_saved_name": large})
    assert (control.status_code, control.json()["error"]) == (413, "too_large")
    assert not target.arrivals
    target.does(answers(completion("x" * 6000)))
    answer = chat(server, "m")
    assert (answer.status_code, answer.json()["error"]["code"]) == (424, "answer_too_large")


def test_a_body_of_unknown_length_is_bounded_as_well(own_quintain):
    server = own_quintain(QUINTAIN_MAX_GATEWAY_BODY="20000")

    def endless():
        for _ in range(1000):
            yield b" " * 1000

    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.post(
            f"{server.url}/v1/chat/completions", content=endless(), headers={"apikey": ADMIN_KEY}
        )
    assert answer.status_code == 413


def test_a_large_body_within_the_bounds_passes_whole(quintain, register, target):
    prompt = "ü" * 4_000_000
    target.does(answers(completion(prompt)))
    body = {"model": register(), "messages": [{"role": "user", "content": prompt}]}
    answer = quintain.call("POST", "/v1/chat/completions", body)
    assert answer.json()["choices"][0]["message"]["content"] == prompt
    assert target.arrivals[0].json["messages"] == body["messages"]


# --- what it costs over time


def resident(pid: int) -> int:
    """Bytes of memory in use (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def many(server, calls):
    """Good and bad calls in turn, 16 at a time, so that every path is walked often."""
    bodies = [
        {"model": "m", "messages": HI},
        {"model": "m", "messages": HI, "stream": True},
        {"model": "none", "messages": HI},
        {"model": "m", "messages": HI, "n": 2},
    ]
    url = f"{server.url}/v1/chat/completions"
    numbers = iter(range(calls))

    async def caller(session):
        for number in numbers:
            body = bodies[number % len(bodies)] | {"user": f"user-{number}"}
            if number % 50 == 0:
                body["model"] = f"unknown-{number}"
            key = f"qt_{number:08}_wrong" if number % 97 == 0 else ADMIN_KEY
            async with session.post(url, json=body, headers={"apikey": key}) as answer:
                await answer.read()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(caller(session) for _ in range(16)))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
async def test_memory_does_not_grow_with_the_calls(own_quintain, target):
    server = own_quintain()
    server.add("m", target.config())

    async def both(request):
        streamed = b'"stream":true' in (await request.read()).replace(b" ", b"")
        said = streams(chunk("a"), chunk(None, "stop")) if streamed else answers()
        return await said(request)

    target.does(both)
    await many(server, 1500)
    target.arrivals.clear()
    before = resident(server.process.pid)
    await many(server, 4000)
    grown = resident(server.process.pid) - before
    assert len(target.arrivals) > 3000
    assert grown < 6 << 20, f"{grown} bytes more after 4,000 calls"
