import pytest

from quintain.cli.exits import MEANING, Code, code_for


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.REFUSED),
        (401, Code.NOT_ALLOWED),
        (403, Code.NOT_ALLOWED),
        (404, Code.NOT_FOUND),
        (409, Code.TAKEN),
        (413, Code.REFUSED),
        (422, Code.REFUSED),
        (424, Code.FAILED),
        (429, Code.LATER),
        (500, Code.FAILED),
        (502, Code.FAILED),
        (503, Code.UNREACHABLE),
    ],
)
def test_each_status_of_the_server_has_its_exit_code(status, code):
    assert code_for(status) is code


def test_every_exit_code_has_a_meaning():
    assert set(MEANING) == set(Code)
