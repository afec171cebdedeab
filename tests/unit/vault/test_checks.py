import base64

import pytest

from quintain.vault.checks import WrongKeyring, check_value, missing_keys
from quintain.vault.keyring import Keyring

ONE, TWO, THREE = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))


def stored(text):
    return {key.id: check_value(key) for key in Keyring.parse(text).keys}


def test_a_new_store_takes_any_keyring():
    assert missing_keys(Keyring.parse(ONE), {}) == frozenset()


def test_the_keyring_of_the_store_fits():
    assert missing_keys(Keyring.parse(f"{TWO} {ONE}"), stored(f"{ONE} {TWO}")) == frozenset()


def test_keys_that_the_keyring_lacks_are_told():
    assert missing_keys(Keyring.parse(ONE), stored(f"{ONE} {TWO}")) == set(Keyring.parse(TWO).ids)


def test_a_keyring_with_none_of_the_stores_keys_is_refused_with_what_to_do():
    known = Keyring.parse(f"{ONE} {TWO}").ids
    with pytest.raises(WrongKeyring, match="Put the earlier keyring back") as refused:
        missing_keys(Keyring.parse(THREE), stored(f"{ONE} {TWO}"))
    assert all(key_id in str(refused.value) for key_id in known)


def test_a_check_value_that_does_not_open_is_refused():
    values = stored(f"{ONE} {TWO}")
    first, second = Keyring.parse(f"{ONE} {TWO}").ids
    values[second] = values[first]
    with pytest.raises(WrongKeyring, match=f"check value of master key {second}"):
        missing_keys(Keyring.parse(f"{ONE} {TWO}"), values)
