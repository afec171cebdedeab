import pytest

from quintain.cli import demo, main
from quintain.cli.exits import Code, Failure


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.LATER, Code.UNREACHABLE])
def test_whatever_fails_in_a_demo_is_exit_1_with_its_words(monkeypatch, capsys, code):
    async def failing(*_, **__):
        raise Failure("This went wrong.", code)

    monkeypatch.setattr(demo, "_demo", failing)
    with pytest.raises(SystemExit) as ended:
        main(["demo"])
    assert ended.value.code == Code.FAILED
    assert "This went wrong." in capsys.readouterr().err
