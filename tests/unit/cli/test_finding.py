import pytest

from quintain.cli.finding import pick


def model(name, version, number):
    return {"model_saved_name": name, "model_version": version, "model_id": number}


MODELS = [
    model("gpt", "v2", 9),
    model("gpt", "v1", 3),
    model("a", "b:c", 4),
    model("a:b", "c", 5),
    model("a:b:c", "v1", 6),
    model("x", "y:z", 7),
    model("x:y", "z", 8),
    model("w", "y:z", 10),
]


@pytest.mark.parametrize(
    ("spelled", "number"),
    [
        ("gpt", 9),
        ("gpt:v1", 3),
        ("a:b:c", 6),
        ("a:b:c:v1", 6),
        ("a:b", 5),
        ("x:y:z", 8),
        ("w:y:z", 10),
    ],
)
def test_a_model_is_found_by_the_gateways_own_rule(spelled, number):
    assert pick(MODELS, spelled)["model_id"] == number


@pytest.mark.parametrize("spelled", ["gp", "gpt:v3", "gpt:", ":v1", "", "GPT"])
def test_what_names_no_model_finds_none(spelled):
    assert pick(MODELS, spelled) is None
