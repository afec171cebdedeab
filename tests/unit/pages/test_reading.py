"""The bot's new text among everything that stands on a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.pages.reading import Block, added, answer, echoed, still, unfinished, waiting

GREETING = Block("Hi, how can I help?", path=("0", "1", "0"))


def listed(*texts: str, start: int = 0, **more: str) -> list[Block]:
    """Messages of one list, one item each."""
    return [Block(text, path=("0", "1", str(start + n)), **more) for n, text in enumerate(texts)]


def test_the_answer_is_what_stands_behind_the_echo() -> None:
    now = listed("Hi, how can I help?", "What is up?", "Not much.")
    assert answer([GREETING], now, "What is up?") == "Not much."


def test_there_is_no_answer_while_only_the_echo_stands_there() -> None:
    assert answer([GREETING], listed("Hi, how can I help?", "What is up?"), "What is up?") == ""


def test_where_the_newest_is_first_the_answer_stands_before_the_echo() -> None:
    before = listed("Hi")
    now = listed("Second part", "First part", "What is up?", "Hi")
    assert answer(before, now, "What is up?") == "First part\nSecond part"


def test_an_answer_that_repeats_the_prompt_is_not_taken_for_its_echo() -> None:
    assert answer([], listed("hi", "hi"), "hi") == "hi"


def test_the_same_answer_as_before_is_new_all_the_same() -> None:
    before = listed("hi", "Hello.")
    assert answer(before, listed("hi", "Hello.", "hi", "Hello."), "hi") == "Hello."


@pytest.mark.parametrize("label", ["You", "You: ", "Me", "User "])
def test_an_echo_with_a_name_before_it_is_an_echo(label: str) -> None:
    assert answer([], listed(f"{label}What is up?", "Not much."), "What is up?") == "Not much."


def test_an_echo_in_several_lines_is_one_echo() -> None:
    now = listed("first", "second", "The answer.")
    assert answer([], now, "first\nsecond") == "The answer."


def test_an_echo_that_was_rendered_as_html_is_an_echo() -> None:
    assert answer([], listed("bold words", "Fine."), "<b>bold</b> words") == "Fine."


def test_an_echo_that_was_shortened_is_an_echo() -> None:
    prompt = "a long prompt that is shown in part and goes on and on"
    assert answer([], listed("a long prompt that is shown in part…", "Fine."), prompt) == "Fine."


@pytest.mark.parametrize(
    "text",
    [
        "12:05",
        "12:05 PM",
        "just now",
        "2 minutes ago",
        "Today, 10:11",
        "Delivered",
        "Seen ✓",
        "12 / 500",
        "✓✓",
        "You · now",
        "Anna · 12:04",
        "Bot said:",
    ],
)
def test_times_receipts_and_counters_are_no_answer(text: str) -> None:
    assert answer([], listed("hi", text), "hi") == ""
    assert answer([], listed("hi", text, "Hello."), "hi") == "Hello."


@pytest.mark.parametrize("text", ["...", "…", "Bot is typing…", "Thinking...", "Loading"])
def test_a_sign_of_typing_is_no_answer_and_says_that_more_comes(text: str) -> None:
    now = listed("hi", text)
    assert answer([], now, "hi", lenient=True) == ""
    assert waiting([], now)


@pytest.mark.parametrize(
    "text", ["I love writing.", "Stop thinking!", "👍", "We open, today", "Loading takes an hour."]
)
def test_short_answers_of_such_words_are_answers(text: str) -> None:
    assert answer([], listed("hi", text), "hi") == text


def test_what_stands_elsewhere_on_the_page_is_no_answer() -> None:
    aside = Block("News: it rains", path=("0", "0", "3"))
    history = Block("hi", path=("0", "2", "0"), kind="aside")
    now = [aside, *listed("hi", "Hello."), history]
    assert answer([], now, "hi") == "Hello."


def test_a_clock_that_goes_on_is_no_answer() -> None:
    clock = [Block("Open since 3 s", path=("0", "1", "9"))]
    now = [*listed("hi"), Block("Open since 5 s", path=("0", "1", "9"))]
    assert answer(clock, now, "hi") == ""


def test_names_of_elements_tell_the_sides_apart() -> None:
    now = [
        *listed("hi", author="mine"),
        *listed("Sent with care", start=1, author="mine"),
        *listed("Hello.", start=2, author="theirs"),
    ]
    assert answer([], now, "hi") == "Hello."


def test_what_stands_with_the_echo_in_the_users_message_is_no_answer() -> None:
    now = [*listed("via web", "hi", author="mine")]
    assert answer([], now, "hi") == ""
    assert answer([], [*now, *listed("Hello.", start=2)], "hi") == "Hello."


def test_without_an_echo_the_text_near_the_box_is_the_answer() -> None:
    home = ("0", "1", "2", "0")
    before = [Block("Ask me.", path=("0", "1", "0"))]
    now = [
        Block("News: it rains", path=("0", "0")),
        Block("Paris.", path=("0", "1", "0")),
        Block("Characters: 5", path=("0", "1", "2", "1")),
    ]
    assert answer(before, now, "Capital of France?", home) == "Paris."


def test_a_chip_is_an_answer_only_where_one_is_lenient() -> None:
    now = [*listed("hi"), *listed("Yes", start=1, kind="chip")]
    assert answer([], now, "hi") == ""
    assert answer([], now, "hi", lenient=True) == "Yes"


def test_paragraphs_and_cells_keep_their_distance() -> None:
    now = [
        Block("hi", path=("0", "1", "0")),
        Block("One", "\n", ("0", "1", "1", "0")),
        Block("Two", "\n\n", ("0", "1", "1", "1")),
        Block("Three", "\t", ("0", "1", "1", "2")),
    ]
    assert answer([], now, "hi") == "One\n\nTwo\tThree"


def test_a_cursor_is_no_text() -> None:
    assert unfinished("The answ▍")
    assert answer([], listed("hi", "The answ▍"), "hi") == "The answ"
    assert not unfinished("a | b |")


def test_another_frame_says_nothing_of_this_one() -> None:
    now = [*listed("hi", "Hello."), Block("Advertisement", path=("1", "0"))]
    assert answer([], now, "hi") == "Hello."


TEXTS = st.lists(st.text(min_size=1, max_size=8), max_size=8)


@given(TEXTS, TEXTS)
def test_blocks_are_either_new_or_still_there(before: list[str], now: list[str]) -> None:
    old, new = listed(*before), listed(*now)
    assert len(still(old, new)) + len(added(old, new)) == len(new)


@given(TEXTS)
def test_nothing_is_new_on_a_page_that_did_not_change(texts: list[str]) -> None:
    blocks = listed(*texts)
    assert added(blocks, blocks) == []
    assert answer(blocks, blocks, "hi") == ""


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1).filter(str.strip))
def test_any_prompt_is_found_again_where_it_is_repeated(prompt: str) -> None:
    assert echoed([GREETING], [GREETING, *listed(prompt, start=1)], prompt)


@given(TEXTS, TEXTS, st.text(min_size=1, max_size=20))
def test_reading_never_fails(before: list[str], now: list[str], prompt: str) -> None:
    answer(listed(*before), listed(*now), prompt, ("0", "1", "9"), lenient=True)


def bubbled(*texts: str) -> list[Block]:
    """One row of a list: a line above a bubble, and the bubble's own lines."""
    name, *said = texts
    within = [
        Block(t, path=("0", "1", "1", "1", str(n)), bubble=("0", "1", "1", "1"))
        for n, t in enumerate(said)
    ]
    return [Block("hi", path=("0", "1", "0", "0")), Block(name, path=("0", "1", "1", "0")), *within]


def test_a_name_above_a_bubble_is_no_part_of_the_answer() -> None:
    assert (
        answer([], bubbled("Harry Botter", "Good day.", "Sit down."), "hi")
        == "Good day.\nSit down."
    )


@pytest.mark.parametrize("line", ["Yes.", "See this:", "Well, well"])
def test_a_sentence_above_a_bubble_is_part_of_the_answer(line: str) -> None:
    assert answer([], bubbled(line, "Good day."), "hi") == f"{line}\nGood day."


def test_a_heading_within_a_bubble_is_part_of_the_answer() -> None:
    bubble = ("0", "1", "1", "1")
    now = [
        Block("hi", path=("0", "1", "0", "0")),
        Block("Opening hours", path=(*bubble, "0"), bubble=bubble),
        Block("9 to 5", path=(*bubble, "1", "0"), bubble=(*bubble, "1")),
    ]
    assert answer([], now, "hi") == "Opening hours\n9 to 5"


def test_a_name_above_the_echo_is_no_answer() -> None:
    bubble = ("0", "1", "0", "1")
    echo = Block("hi", path=(*bubble, "0"), bubble=bubble)
    assert answer([], [Block("Somebody", path=("0", "1", "0", "0")), echo], "hi") == ""
