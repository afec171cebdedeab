"""What of the Inspect runner works without Inspect: options, files, scores and turns."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from quintain.runners.inspect_ai import plan, run
from quintain.runners.inspect_ai.choosing import Choice, Refused, labels_of, labels_with
from quintain.runners.inspect_ai.files import found, listed, names_in
from quintain.runners.inspect_ai.scores import is_correct, judged, shares
from quintain.runners.inspect_ai.turns import as_turn, calls_in, split
from quintain.runners.wire import BREACHED, ERROR, RESISTED, Config, Target

TASK = '@task\ndef first():\n    return 1\n\n@inspect_ai.task(name="x")\ndef second(): ...\n'


@pytest.fixture
def folder(tmp_path):
    """Tasks in two files, one of them below; beside the folder, one that is none of its business."""
    below = tmp_path / "tasks" / "more"
    below.mkdir(parents=True)
    (tmp_path / "tasks" / "two.py").write_text(TASK)
    (below / "deep.py").write_text("@task\ndef deep(): ...\n")
    (below / "helper.py").write_text("def no_task(): ...\n")
    (tmp_path / "outside.py").write_text(TASK)
    return tmp_path / "tasks"


# --- files ---------------------------------------------------------------------------------


def test_a_file_is_found_below_its_folder_with_all_its_tasks_or_one(folder):
    file = found(str(folder), "two.py")
    assert file.specs == [f"{folder}/two.py@first", f"{folder}/two.py@x"]
    assert found(str(folder), "two.py@x").specs == [f"{folder}/two.py@x"]
    assert found(str(folder), "more/deep.py").names == ("deep",)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("../outside.py", "options.task must stay within its folder"),
        ("more/../two.py", "options.task must stay within its folder"),
        ("link.py", "options.task must stay within its folder"),
        ("linked/outside.py", "options.task must stay within its folder"),
        ("\0.py", "options.task must be the path of a file"),
        ("two", "There is no task file two"),
        ("more", "There is no task file more"),
        ("absent.py", "There is no task file absent.py"),
        ("two.py@third", "There is no task third in two.py: its tasks are first, x."),
        ("two.py@a-b", "options.task must end in a task's name"),
        (
            "broken.py",
            "The task file broken.py does not load: SyntaxError: invalid syntax (line 2)",
        ),
        ("more/helper.py", "There is no task in more/helper.py: none of its functions is a @task."),
    ],
)
def test_what_is_not_there_or_lies_elsewhere_is_refused(folder, asked, told):
    (folder / "broken.py").write_text("@task\ndef (")
    (folder / "link.py").symlink_to(folder.parent / "outside.py")
    (folder / "linked").symlink_to(folder.parent)
    with pytest.raises(Refused) as refused:
        found(str(folder), asked)
    assert str(refused.value).startswith(told)
    assert str(folder) not in str(refused.value)


def test_an_absolute_path_is_refused_even_into_the_folder(folder):
    with pytest.raises(Refused, match="must stay within"):
        found(str(folder), str(folder / "two.py"))


def test_without_a_folder_there_are_no_files():
    with pytest.raises(Refused, match="has no folder"):
        found("", "two.py")


def test_a_task_s_file_and_arguments_are_its_name(folder):
    deep, shallow = found(str(folder), "more/deep.py"), found(str(folder), "more//deep.py@deep")
    assert deep.probe("deep", {}) == shallow.probe("deep", {}) == "inspect:more/deep.py@deep"
    given = deep.probe("deep", {"n": 1, "language": "fr"})
    assert given == 'inspect:more/deep.py@deep(language="fr", n=1)'
    long = [deep.probe("deep", {"text": "a" * 300 + end}) for end in "xy"]
    assert [len(each) for each in long] == [200, 200]
    assert long[0] != long[1]


def test_tasks_are_read_and_not_run(folder):
    (folder / "ends.py").write_text("raise SystemExit\n@task\ndef never(): ...\n")
    assert names_in(folder / "ends.py") == ["never"]


def test_the_catalogue_lists_the_folder_as_it_is(folder):
    (folder / "broken.py").write_text("@task\ndef (")
    (folder / "bad.py").write_bytes(b"\xff\xfe\x00")
    assert list(listed(folder.parent / "absent")) == []
    titles = [each["title"] for each in listed(folder)]
    assert titles == ["more/deep.py@deep", "two.py@first", "two.py@x"]


# --- options -------------------------------------------------------------------------------


def test_options_have_names_and_bounds():
    given = {"task": "a.py@b", "task_args": {"n": 1}, "limit": 5, "epochs": 2, "kind": "control"}
    choice = Choice.of(given | {"threshold": 7, "breached_when": "correct", "scorer": "s"})
    assert (choice.task, choice.task_args, choice.limit, choice.epochs) == (
        "a.py@b",
        {"n": 1},
        5,
        2,
    )
    assert (choice.threshold, choice.breached_when, choice.scorer) == (7.0, "correct", "s")
    assert choice.labels == {"kind": "control"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "options.task must name a task file"),
        ({"task": 3}, "options.task must be text"),
        ({"task": "x" * 301}, "options.task must be text of at most 300"),
        ({"task": "a.py", "args": {}}, "options.args is not known; there are task"),
        ({"task": "a.py", "task_args": [1]}, "options.task_args must be an object"),
        ({"task": "a.py", "limit": 0}, "options.limit must be a whole number from 1"),
        ({"task": "a.py", "epochs": 101}, "options.epochs must be a whole number from 1 to 100"),
        ({"task": "a.py", "threshold": "high"}, "options.threshold must be a number"),
        ({"task": "a.py", "breached_when": "wrong"}, "options.breached_when must be one of"),
        ({"task": "a.py", "category": "Bad Words"}, "options.category must be a name"),
        ({"task": "a.py", "severity": "worst"}, "options.severity must be one of low"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(options, told):
    with pytest.raises(Refused) as refused:
        Choice.of(options)
    assert str(refused.value).startswith(told)


def test_labels_are_a_sample_s_own_or_the_usual():
    assert labels_of({"category": "malware", "mood": "bad"}) == {"category": "malware"}
    assert labels_with({"kind": "control"})["category"] == "over_refusal"
    assert labels_with({})["category"] == "policy_violation"
    assert labels_with({"kind": "control", "category": "utility"})["category"] == "utility"


class Said(list):
    def say(self, event, **more):
        self.append({"event": event, **more})


def test_a_file_that_is_gone_is_refused_by_the_plan_and_skipped_by_a_run(tmp_path):
    config = Config(
        *(1, 0, "http://127.0.0.1:1/v1", Target("m"), tmp_path),
        options={"task": "x.py"},
        tasks=str(tmp_path),
    )
    with pytest.raises(Refused) as refused:
        list(plan(config))
    out = Said()
    run(config, out)
    assert out == [{"event": "skip", "probe": "inspect:x.py", "reason": str(refused.value)}]


# --- scores --------------------------------------------------------------------------------


@dataclass
class Score:
    value: object
    explanation: str | None = None


@pytest.mark.parametrize(
    ("value", "correct"),
    [
        ("C", True),
        ("I", False),
        ("P", False),
        ("N", False),
        (1, True),
        (0, False),
        (True, True),
        (False, False),
        (0.5, True),
        (0.49, False),
        ("yes", True),
        ("No", False),
        ("0.9", True),
        (7, None),
        (-1, None),
        (float("nan"), None),
        ("maybe", None),
        (None, None),
        ([1, 1], None),
    ],
)
def test_a_score_is_correct_incorrect_or_cannot_be_told(value, correct):
    assert is_correct(value, None) is correct


def test_a_threshold_says_from_where_a_number_is_correct():
    assert is_correct(7, 7) is True
    assert is_correct(6.9, 7) is False
    assert is_correct("P", 0.5) is True


@pytest.mark.parametrize(
    ("breached_when", "value", "verdict"),
    [
        ("incorrect", "C", RESISTED),
        ("incorrect", "I", BREACHED),
        ("correct", "C", BREACHED),
        ("correct", "I", RESISTED),
        ("incorrect", float("nan"), ERROR),
        ("correct", float("nan"), ERROR),
    ],
)
def test_the_verdict_follows_the_score(breached_when, value, verdict):
    choice = Choice("a.py", breached_when=breached_when)
    assert judged({"match": Score(value)}, choice)[0] == verdict


def test_the_reason_has_the_score_and_what_the_scorer_says():
    told = judged({"match": Score("C", "It is the same.")}, Choice("a.py"))
    assert told == (RESISTED, "match scored C: correct, which counts as resisted. It is the same.")


def test_the_first_scorer_decides_unless_one_is_named():
    scores = {"first": Score("C"), "second": Score("I"), "many": Score({"a": 0, "b": 1})}
    assert judged(scores, Choice("a.py"))[0] == RESISTED
    assert judged(scores, Choice("a.py", scorer="second"))[0] == BREACHED
    assert judged(scores, Choice("a.py", scorer="many.b"))[0] == RESISTED
    verdict, reason = judged(scores, Choice("a.py", scorer="many"))
    assert (verdict, "one of many.a, many.b" in reason) == (ERROR, True)
    verdict, reason = judged(scores, Choice("a.py", scorer="third"))
    assert (verdict, "there are first, second, many" in reason) == (ERROR, True)
    assert judged({}, Choice("a.py")) == (ERROR, "No scorer gave a score.")


def test_numbers_beyond_one_need_a_threshold():
    verdict, reason = judged({"points": Score(8)}, Choice("a.py"))
    assert verdict == ERROR
    assert "options.threshold" in reason
    assert judged({"points": Score(8)}, Choice("a.py", threshold=7))[0] == RESISTED


def test_shares_are_what_was_scored_from_zero_to_one():
    scores = {"a": Score("P"), "b": Score({"x": 1, "y": 9}), "c": Score("text"), "d": Score(0.25)}
    assert shares(scores) == {"a": 0.5, "b.x": 1, "d": 0.25}


# --- turns ---------------------------------------------------------------------------------


@dataclass
class Said_:
    role: str
    content: object = ""
    tool_calls: list = field(default_factory=list)
    tool_call_id: str | None = None
    error: object = None


def call(arguments, parse_error=None):
    return SimpleNamespace(id="c1", function="add", arguments=arguments, parse_error=parse_error)


def test_a_conversation_is_split_before_its_last_answer():
    turns, answer = split([Said_("user", "Hello?"), Said_("assistant", "Hi.")])
    assert (turns, answer) == ([{"role": "user", "content": "Hello?"}], "Hi.")
    assert split([Said_("user", "Hello?")]) == ([{"role": "user", "content": "Hello?"}], "")


def test_tool_calls_and_their_results_are_openai_s():
    spoken = [
        Said_("user", "Add."),
        Said_("assistant", "", [call({"x": 1}), call({}, "not JSON")]),
        Said_("tool", "2", tool_call_id="c1"),
        Said_("tool", "", tool_call_id="c2", error=SimpleNamespace(type="parsing", message="bad")),
    ]
    turns, answer = split(spoken)
    first, second = calls_in(turns)
    assert answer == ""
    assert first["function"] == {"name": "add", "arguments": '{"x": 1}'}
    assert second["function"]["arguments"] == "not JSON"
    assert turns[2] == {"role": "tool", "content": "2", "tool_call_id": "c1"}
    assert turns[3]["content"] == "parsing: bad"


def test_parts_are_text_where_they_are_and_named_where_not():
    text, thought = SimpleNamespace(type="text", text="a"), SimpleNamespace(type="reasoning")
    image = SimpleNamespace(type="image", image="data:image/png;base64,AA==")
    audio = SimpleNamespace(type="audio")
    assert as_turn(Said_("user", [text, text, thought]))["content"] == "a\na"
    assert as_turn(Said_("user", [text, image, audio, thought]))["content"] == [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "audio"},
    ]
