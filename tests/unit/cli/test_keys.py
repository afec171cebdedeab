from datetime import UTC, datetime

import pytest

from quintain.cli.exits import Failure
from quintain.cli.keys import seconds_of, state_of


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("30d", 2_592_000), ("12h", 43_200), ("45m", 2700), ("90s", 90), ("2w", 1_209_600)],
)
def test_a_duration_is_read_in_its_unit(duration, seconds):
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize("duration", ["", "30", "d", "0d", "-1d", "1.5h", "30 days", "1y"])
def test_any_other_duration_is_refused_with_an_example(duration):
    with pytest.raises(Failure, match="30d"):
        seconds_of(duration)


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ({}, "works"),
        ({"expires_at": "2025-06-08T12:00:00+00:00"}, "expires in 7 days"),
        ({"expires_at": "2025-05-31T12:00:00+00:00"}, "expired"),
        ({"revoked_at": "2025-05-31T12:00:00+00:00"}, "revoked"),
    ],
)
def test_a_keys_state_is_said_in_words(key, state):
    assert state_of(key, datetime(2025, 6, 1, 12, tzinfo=UTC)) == state
