import re

import pytest

from quintain.registry.credentials import digest_of, is_ours, new_key, prefix_of


def test_a_new_key_has_a_public_part_and_256_random_bits():
    assert re.fullmatch(r"qt_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}", new_key())


def test_no_two_new_keys_are_alike():
    assert len({new_key() for _ in range(200)}) == 200


def test_the_prefix_of_our_key_is_its_public_part():
    key = new_key()
    assert prefix_of(key) == key[:11]


def test_a_secret_part_with_an_underscore_does_not_move_the_prefix():
    assert prefix_of("qt_abcdefgh_" + "_" * 43) == "qt_abcdefgh"


@pytest.mark.parametrize(
    "text", ["", "a key of the operator's own, long enough", "qt_short_x", "\udc80\0"]
)
def test_any_other_text_has_a_prefix_too_that_shows_nothing_of_it(text):
    assert re.fullmatch(r"env_[0-9a-f]{8}", prefix_of(text))
    assert not is_ours(text)


def test_the_prefix_of_a_given_key_is_not_the_start_of_what_is_stored():
    assert prefix_of("given").removeprefix("env_") != digest_of("given").hex()[:8]
