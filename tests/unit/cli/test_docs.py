import re
from pathlib import Path

from quintain.cli.exits import MEANING

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")


def test_the_page_lists_every_exit_status_with_its_meaning():
    listed = {
        int(code): text for code, text in re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    }
    assert listed == {code.value: text for code, text in MEANING.items()}


def test_the_page_names_every_command():
    for line in (
        "models add | list | show | edit | remove | history",
        "keys create | list | revoke",
        "runs list | show | findings | attempts | watch | cancel | resume | report",
        "suites list | show | put | remove",
        "datasets list | show | put | remove",
    ):
        assert line in PAGE
    for command in ("serve", "demo", "check", "call", "run", "compare", "vault status | rotate"):
        assert f"quintain {command}" in PAGE
