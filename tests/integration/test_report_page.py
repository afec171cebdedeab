"""report.html in a real browser: it opens by itself, and can be read everywhere."""

import asyncio
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from tests.unit.runs.reports.samples import KINDS, written

# As WCAG asks of text: https://www.w3.org/TR/WCAG22/#contrast-minimum
CONTRAST = 4.5
_CONTRASTS = """() => {
  const parts = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => {
    const [r, g, b] = parts(c).slice(0, 3).map((v) => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor, p = parts(c);
      if (p.length === 3 || p[3] === 1) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), e.className + ': ' + e.textContent.slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A file for the page of each kind of run: written first, since a browser takes the loop."""
    folder = tmp_path_factory.mktemp("pages")

    def place(kind):
        (folder / f"{kind}.html").write_bytes(asyncio.run(written(kind, "html")))
        return folder / f"{kind}.html"

    return {kind: place(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def browser(places):
    executable = shutil.which("chromium")
    assert executable, "the tests of pages need a browser: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, places):
    """Opens the page of a kind of run, and sees that it asks for nothing and complains of nothing."""

    @contextmanager
    def opened(kind, width=1000, media="screen", scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 800})
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.emulate_media(media=media, color_scheme=scheme)
        page.goto(places[kind].as_uri())
        yield page
        assert said == []
        assert asked == [places[kind].as_uri()]
        page.close()

    return opened


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_by_itself_and_fits_a_telephone(opened, kind):
    for width in (1200, 400, 320):
        with opened(kind, width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("document.querySelectorAll('script').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["bad", "good", "failed", "unjudged", "few"])
def test_its_text_stands_out_from_what_is_behind_it(opened, kind, scheme):
    with opened(kind, scheme=scheme) as page:
        found = page.evaluate(_CONTRASTS)
    assert len(found) > 30
    assert [each for each in found if each[0] < CONTRAST] == []


def test_dark_and_light_differ(opened):
    colours = []
    for scheme in ("light", "dark"):
        with opened("bad", scheme=scheme) as page:
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(set(colours)) == 2


def test_on_paper_all_evidence_is_seen_on_white(opened):
    with opened("bad", 800, "print", "dark") as page:
        hidden = page.evaluate(
            "[...document.querySelectorAll('details .talk')].filter("
            "e => e.getBoundingClientRect().height < 20).length"
        )
        assert page.locator("details .talk").count() > 2
        assert hidden == 0
        body = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert body == "rgb(255, 255, 255)"
        assert len(page.pdf()) > 10_000


def test_details_open_and_the_first_weaknesses_lead_to_their_evidence(opened):
    with opened("bad") as page:
        page.get_by_role("link", name="System prompt leak").click()
        heading = page.get_by_role("heading", name="1. System prompt leak")
        assert heading.is_visible()
        more = page.get_by_text("2 more examples").first
        more.click()
        assert page.locator("details[open] .talk").first.is_visible()


def test_hostile_texts_are_seen_as_text(opened):
    with opened("hostile") as page:
        assert page.get_by_text("<script>alert(1)</script>").first.is_visible()
        assert page.title() == "bot:v1, smoke: test report"


def test_each_bar_is_told_to_those_who_cannot_see_it(opened):
    with opened("bad") as page:
        bars = page.get_by_role("img")
        labels = [bars.nth(at).get_attribute("aria-label") for at in range(3)]
    assert labels[1] == "25 %, between 11 % and 47 %"
