import pytest

from quintain.cli.documents import parse_document, read_document, to_yaml
from quintain.cli.exits import Code, Failure

JSON = b'{"model_saved_name": "gpt", "model_config": {"rate_per_min": 5}}'
YAML = b"model_saved_name: gpt\nmodel_config:\n  rate_per_min: 5\n"
DOCUMENT = {"model_saved_name": "gpt", "model_config": {"rate_per_min": 5}}


@pytest.mark.parametrize("raw", [JSON, YAML, b"\xef\xbb\xbf" + JSON, b"  " + JSON])
def test_json_and_yaml_say_the_same(raw):
    assert parse_document(raw, "x") == DOCUMENT


def test_a_flow_mapping_is_yaml():
    assert parse_document(b"{model_saved_name: gpt}", "x") == {"model_saved_name": "gpt"}


def test_a_version_that_looks_like_a_date_stays_text():
    assert parse_document(b"model_version: 2025-01-31", "x") == {"model_version": "2025-01-31"}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"a": ', "is not JSON"),
        (b"a: [1", r"is not YAML: .*line 1"),
        (b"a: !!python/object/apply:os.system [ls]", "is not YAML"),
        (b"- 1\n- 2", "does not hold an object"),
        (b"", "does not hold an object"),
        (b"\xff\xfe", "is not UTF-8"),
        (b'{"a": NaN}', "is not JSON"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(raw, sentence):
    with pytest.raises(Failure, match=sentence) as raised:
        parse_document(raw, "model.yaml")
    assert raised.value.exit_code is Code.USAGE
    assert "model.yaml" in raised.value.message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Failure, match=r"none\.yaml cannot be read"):
        read_document(str(tmp_path / "none.yaml"))


def test_yaml_out_reads_back_the_same():
    document = {"b": "größe", "a": "line one\nline two", "v": "2025-01-31", "n": [1, None, True]}
    text = to_yaml(document)
    assert parse_document(text.encode(), "x") == document
    assert "größe" in text
    assert text.index("b:") < text.index("a:")
