import json

import pytest

from quintain.runners.core.data import Bad, normal
from quintain.runners.core.data.reading import MOST_ROWS

ROW = {"id": "row-1", "prompt": "Hello?", "category": "jailbreak", "expected": "resist"}


def problems(content, kind):
    with pytest.raises(Bad) as caught:
        normal(content if isinstance(content, bytes) else content.encode(), kind)
    return [(each.line, each.field) for each in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps(ROW) + "\n\n", "jsonl"),
        ("id,prompt,category,expected,detector\nrow-1,Hello?,jailbreak,resist,\n", "csv"),
        ("\ufeffid,prompt,category,expected\r\nrow-1,Hello?,jailbreak,resist\r\n", "csv"),
        ("- {id: row-1, prompt: 'Hello?', category: jailbreak, expected: resist}\n", "yaml"),
    ],
)
def test_every_format_gives_the_same_rows(text, kind):
    assert normal(text.encode(), kind) == [ROW]


def test_the_normal_form_is_read_as_it_was_written():
    first = normal(b'{"prompt": "a", "detector": {"string": "b"}}\n{"prompt": "c"}', "jsonl")
    lines = "\n".join(map(json.dumps, first))
    assert normal(lines.encode(), "jsonl") == first
    assert [row["id"] for row in first] == ["row-1", "row-2"]
    assert all(next(iter(row)) == "id" for row in first)  # so that equal rows are equal texts


def test_cells_of_csv_may_hold_json():
    text = 'turns,detector\n"[{""role"": ""user"", ""content"": ""a""}]","{""string"": [""b""]}"\nx,refusal\n'
    assert problems(text, "csv") == [(3, "turns")]
    (row,) = normal(text.rsplit("x,", 1)[0].encode(), "csv")
    assert row["detector"] == {"string": ["b"]}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ([], ""),
        ({}, "prompt"),
        ({"prompt": "a", "turns": []}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a", "colour": 1}, "colour"),
        ({"prompt": "a", "category": "Bad One"}, "category"),
        ({"prompt": "a", "category": "over_refusal"}, "category"),
        ({"prompt": "a", "expected": "pass"}, "expected"),
        ({"prompt": "a", "severity": "huge"}, "severity"),
        ({"prompt": "a", "detector": {"regex": "("}}, "detector.regex.pattern"),
        ({"turns": [{"role": "user"}]}, "turns.0"),
        ({"turns": [{"role": "robot", "content": "a"}]}, "turns.0.role"),
        (
            {"turns": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            "turns",
        ),
    ],
)
def test_an_error_has_its_line_and_field(row, field):
    text = json.dumps({"prompt": "fine"}) + "\n" + json.dumps(row)
    assert (2, field) in problems(text, "jsonl")


def test_every_wrong_row_is_told():
    assert problems(
        '{"prompt": 1}\n{\n{"prompt": "a", "id": "x"}\n{"prompt": "b", "id": "x"}', "jsonl"
    ) == [
        (1, "prompt"),
        (2, ""),
        (4, "id"),
    ]


def test_the_place_of_a_yaml_row_is_its_line():
    assert problems("- prompt: a\n  severity: low\n- prompt: 5\n", "yaml") == [(3, "prompt")]


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_list_in_json_is_read_as_json(indent):
    text = json.dumps([{"prompt": "A smile: \U0001f600"}, {"prompt": "Another"}], indent=indent)
    first, second = normal(text.encode(), "yaml")
    assert (first["prompt"], second["prompt"]) == ("A smile: \U0001f600", "Another")
    assert first["id"] != second["id"]


def test_the_place_of_a_json_row_is_its_line():
    assert problems('[\n{"prompt": "a"}\n,\n{"prompt":\n5}]', "yaml") == [(4, "prompt")]


def test_rows_on_one_line_of_yaml_have_ids_of_their_own():
    assert (
        len({row["id"] for row in normal(b"[{prompt: a}, {prompt: b}, {prompt: c}]", "yaml")}) == 3
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", "jsonl"),
        (b"\xff", "jsonl"),
        ("prompt\na,b\n", "csv"),
        ('prompt\n"a\n', "csv"),
        ("prompt: a", "yaml"),
        ("- &a {prompt: a}\n- *a\n", "yaml"),
        ("- [", "yaml"),
        ("- !!python/object/apply:os.getcwd []", "yaml"),
        ("a", "xml"),
        ("[" * 100_000, "jsonl"),
        ("[" * 100_000, "yaml"),  # in no time, and not in hours
        ("- " * 20_000 + "a", "yaml"),
    ],
)
def test_what_is_no_data_set_is_refused(content, kind):
    assert problems(content, kind)


def test_the_number_of_rows_has_a_limit():
    assert problems('{"prompt": "a"}\n' * (MOST_ROWS + 1), "jsonl") == [(MOST_ROWS + 1, "")]
