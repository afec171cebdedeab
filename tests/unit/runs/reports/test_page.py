"""report.html as text; tests/integration looks at it in a browser."""

import re
from html.parser import HTMLParser

import pytest
from tests.unit.runs.fakes import FakeRecords, a_run, many, said
from tests.unit.runs.reports.samples import KINDS, written

from quintain.runners.wire import UNRELIABLE
from quintain.runs.model import Part
from quintain.runs.reports import stream


class Page(HTMLParser):
    """Its elements and its text."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(markup)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


async def page(kind):
    return Page((await written(kind, "html")).decode())


@pytest.mark.parametrize("kind", KINDS)
async def test_it_runs_nothing_and_loads_nothing(kind):
    found = await page(kind)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "video"}
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes
        href = attributes.get("href", "")
        assert href in ("", "data:,") or href.startswith("#finding-"), (tag, href)
    assert "url(" not in (await written(kind, "html")).decode()


async def test_hostile_texts_are_shown_and_do_nothing():
    found = await page("hostile")
    assert "</script><script>alert(1)</script>" in found.text
    assert "{{ 7*7 }}" in found.text
    assert "⟦U+200B x3⟧" in found.text
    assert "[40,000 characters in all]" in found.text
    hidden = re.compile("[\x00-\x08\x0b-\x1f\u200b-\u200f\u202a-\u202e\ud800-\udfff]")
    assert not hidden.search(found.text)
    assert len(await written("hostile", "html")) < 300_000


async def test_it_tells_what_was_tested_how_what_broke_and_what_to_do():
    text = (await page("bad")).text
    for words in (
        "It broke: 3 weaknesses",
        "bot:v1, revision 3",
        "openai, gpt-x",
        "chatbot or copilot",
        "core 0.1.0",
        "600 calls a minute; 8 at a time; fails above 5 % errors",
        "1. System prompt leak",
        "20 of 20 attempts got through",
        "Take every secret and every rule",
        "Why this verdict: It did what it must not.",
        "Harmless questions refused",
        "6 of 8 tasks were done",
        "The target did not answer. (target_connect_failed)",
        "needs a judge: give --judge NAME",
        "LLM07 System Prompt Leakage",
        "quintain run bot:v1 --suite smoke --seed 5 --judge judge:v1",
        "1 min 15 s",
    ):
        assert words.replace(" %", "\u00a0%") in text or words in text, words


@pytest.mark.parametrize(
    ("kind", "stamp"),
    [("failed", "failed"), ("cancelled", "cancelled"), ("empty", "not begun"), ("good", None)],
)
async def test_a_run_without_its_end_is_stamped(kind, stamp):
    markup = (await written(kind, "html")).decode()
    stamps = re.findall(r'class="stamp \w+">([^<]+)<', markup)
    assert stamps == ([stamp] if stamp else [])
    assert ("unfinished" in re.search(r'<section class="([^"]+)"', markup)[1]) == bool(stamp)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "good"])
async def test_only_a_good_run_is_green(kind):
    assert 'class="verdict held' not in (await written(kind, "html")).decode()
    assert 'class="verdict held' in (await written("good", "html")).decode()


async def test_what_has_no_figure_shows_none():
    text = (await page("unjudged")).text
    assert "not measured" in text
    assert "0 of 0 + 30 errors" in text
    assert re.search(r"Attacks that got through – ", text)


async def test_long_conversations_are_cut_in_the_middle():
    turns = [
        {"role": "assistant" if at % 2 else "user", "content": f"turn {at}"} for at in range(31)
    ]
    record = said("breached", "jailbreak", "crescendo")
    record.prompt = turns
    records = FakeRecords().add([record, *many(9, "resisted", "jailbreak", "direct")])
    pieces = [piece async for piece in stream(records, a_run(), "html")]
    text = Page(b"".join(pieces).decode()).text
    assert "23 turns left out here" in text
    assert "turn 0" in text
    assert "turn 30" in text


async def test_certifications_choose_the_frameworks():
    facts = {"certifications": ["NIST AI RMF", "EU AI Act"], "testing_for": "agents"}
    records = FakeRecords().add(many(9, "breached", "hate", "direct"))
    pieces = [piece async for piece in stream(records, a_run(facts=facts), "html")]
    text = Page(b"".join(pieces).decode()).text
    assert "NIST AI RMF 1.0" in text
    assert "LLM01" not in text
    assert "EU AI Act. There is no mapping to that here." in text


async def test_the_command_that_repeats_it_has_the_data_sets_that_the_suite_has_not():
    suite = {"name": "mine", "steps": [{"engine": "core", "datasets": ["its"]}]}
    parts = (Part("1", "core", {}, ("its",)), Part("2", "core", {}, ("more", "its")))
    run = a_run(suite=suite, parts=parts, suite_name="mine")
    text = Page((await rendered_of(run, FakeRecords())).decode()).text
    assert "Data sets its, more" in text
    assert "quintain run bot:v1 --suite mine --seed 5 --judge judge:v1 --dataset more" in text
    assert "--dataset its" not in text


async def test_a_finding_by_a_judge_that_failed_its_check_says_so():
    attempts = many(9, "breached", "hate", "direct", judge={"model": "j"}, judge_calls=1)
    run = a_run(notes=(f"A judge. {UNRELIABLE}",))
    words = "a judge that cannot be relied on gave verdicts here"
    assert words in (await rendered_of(run, FakeRecords().add(attempts))).decode()
    assert words not in (await rendered_of(a_run(), FakeRecords().add(attempts))).decode()


async def rendered_of(run, records):
    return b"".join([piece async for piece in stream(records, run, "html")])
