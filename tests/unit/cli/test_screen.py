import json

from quintain.cli import screen
from quintain.cli.exits import Failure
from quintain.errors import Detail


def test_a_failure_names_every_field_on_stderr(capsys):
    details = (
        Detail("model_config.endpoint.port", "must be at most 65535"),
        Detail("rate_per_minute", "unknown field: did you mean rate_per_min?"),
    )
    screen.print_failure(
        Failure("model_config.endpoint.port: must be ... (and 1 more)", details=details)
    )
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "✗ 2 fields were refused.",
        "  model_config.endpoint.port",
        "    must be at most 65535",
        "  rate_per_minute",
        "    unknown field: did you mean rate_per_min?",
    ]


def test_a_failures_hint_comes_last(capsys):
    screen.print_failure(Failure("It failed.", hint="Do this."))
    assert capsys.readouterr().err.splitlines() == ["✗ It failed.", "  Do this."]


def test_a_long_failure_wraps_on_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    screen.print_failure(Failure("word " * 30 + "end."))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3
    assert all(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) <= 40 for line in lines)


def test_in_a_pipe_a_long_failure_stays_one_line(capsys):
    screen.print_failure(Failure("word " * 30 + "end."))
    assert capsys.readouterr().err == "✗ " + "word " * 30 + "end.\n"


def test_escape_sequences_and_reordering_signs_are_taken_out():
    assert screen.plain("a\x1b[31mb\u202ec\x9bd\n") == "a\ufffd[31mb\ufffdc\ufffdd\ufffd"
    assert screen.plain("line\n\tnext", keep="\n\t") == "line\n\tnext"
    assert screen.plain("größe 测试 🎯") == "größe 测试 🎯"


def test_json_is_all_that_stdout_holds(capsys):
    screen.print_json({"name": "größe"})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"name": "größe"}
    assert captured.err == ""


def test_what_is_wrong_with_one_file_stands_under_one_heading(capsys):
    details = tuple(Detail("content", f"line {number}: is no JSON") for number in (1, 2))
    screen.print_failure(Failure("Two are wrong.", details=details))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  content",
        "    line 1: is no JSON",
        "    line 2: is no JSON",
    ]
