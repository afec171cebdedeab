"""The browser where Playwright is not installed."""

import sys

import pytest
from yarl import URL

from quintain.dialects.page import PageTarget
from quintain.egress.outbound import Egress
from quintain.egress.policy import EgressPolicy
from quintain.errors import TargetError
from quintain.pages.browser import Browser
from quintain.registry.schema import Page
from quintain.settings import Settings


@pytest.fixture
def without_playwright(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("quintain.pages.")]:
        if name.endswith((".tab", ".chromium", ".talk", ".eyes", ".hands", ".way", ".traffic")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "playwright", None)
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)


class Silent(Browser):
    """One whose proxy opens no port."""

    async def _proxying(self):
        return None


@pytest.mark.usefixtures("without_playwright")
async def test_a_missing_playwright_is_told_with_its_cure():
    browser = Silent(Egress(EgressPolicy()), Settings())
    page = PageTarget(URL("https://shop.example/"), Page(), internal=False)
    with pytest.raises(TargetError) as failed:
        await browser.ask(page, None, "hi", 5)
    assert (failed.value.stage, failed.value.code) == ("config", "browser_missing")
    assert "quintain[browser]" in failed.value.message
    await browser.close()
