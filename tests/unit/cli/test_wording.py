import pytest

from quintain.cli.wording import interval, percent, several, shortened, span


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.1449, "14.5 %"),
        (0.5, "50 %"),
        (0.0004, "<0.1 %"),
        (0.9996, ">99.9 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, text):
    assert percent(share) == text


def test_an_interval_is_in_whole_percents():
    assert interval(0.0672, 0.2766) == "7 to 28 %"
    assert interval(None, None) == "-"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (-3, "0 s"),
        (42.4, "42 s"),
        (180, "3 min"),
        (4800, "80 min"),
        (9000, "2 h 30 min"),
        (7200, "2 h"),
        (90_000, "25 h"),
    ],
)
def test_a_span_of_time_is_as_people_say_it(seconds, text):
    assert span(seconds) == text


def test_counts_agree_with_their_words():
    assert several(1, "error") == "1 error"
    assert several(2000, "retry", "retries") == "2,000 retries"


def test_what_is_shortened_is_one_line_and_says_so():
    assert shortened("a\n b\tc", 10) == "a b c"
    assert shortened("one two three", 9) == "one two…"
