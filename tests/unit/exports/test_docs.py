"""The page's examples are what the command prints."""

import re
from pathlib import Path

import pytest

from quintain.exports.base import Facts
from quintain.exports.table import EXPORTS

PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text("utf-8")
PINS = Path(__file__).parents[2] / "tools"


def section(tool):
    return re.search(rf"^## {tool}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_page_shows_what_is_printed(tool):
    purpose = re.search(r"system_description` is \"(.+)\"", PAGE)[1]
    facts = Facts("http://127.0.0.1:8321/v1", "support-gpt:v1", "QUINTAIN_API_KEY", purpose)
    shown = re.search(r"^```\w+\n(.*?)^```$", section(tool), re.MULTILINE | re.DOTALL)[1]
    assert shown == EXPORTS[tool].write(facts)


def test_the_page_s_table_lists_every_tool():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(EXPORTS)


@pytest.mark.parametrize("tool", ["garak", "promptfoo", "pyrit", "inspect", "deepteam", "litellm"])
def test_the_page_names_the_version_that_the_tests_run(tool):
    row = re.search(rf"^\| `{tool}` \|.*\| (.+) \|$", PAGE, re.MULTILINE)[1]
    version = row.split()[-1]
    pins = (PINS / f"{tool}.txt").read_text()
    assert re.search(rf"^{tool}(-ai|\[proxy\])?(==|@){re.escape(version)}$", pins, re.MULTILINE)
