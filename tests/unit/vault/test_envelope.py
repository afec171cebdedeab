import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.vault.envelope import Unreadable, Vault, associated
from quintain.vault.keyring import Keyring

FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PLACE = associated("here")
text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def vault():
    return Vault(Keyring.parse(FIRST))


@given(secret=text, aad=st.binary())
def test_what_is_sealed_opens_in_its_place(vault, secret, aad):
    data_key = vault.new_data_key(b"model")
    again = vault.open_data_key(data_key.key_id, data_key.wrapped, b"model")
    assert again.open(data_key.seal(secret, aad), aad).reveal() == secret


@given(secret=text, flip=st.integers(min_value=0))
def test_any_changed_bit_is_noticed(vault, secret, flip):
    data_key = vault.new_data_key(b"model")
    sealed = bytearray(data_key.seal(secret, PLACE))
    bit = flip % (len(sealed) * 8)
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        data_key.open(bytes(sealed), PLACE)


def test_what_was_sealed_for_another_place_does_not_open(vault):
    data_key = vault.new_data_key(b"model")
    with pytest.raises(Unreadable):
        data_key.open(data_key.seal("text", PLACE), associated("there"))


def test_a_data_key_of_another_model_does_not_open(vault):
    data_key = vault.new_data_key(b"model 1")
    with pytest.raises(Unreadable):
        vault.open_data_key(data_key.key_id, data_key.wrapped, b"model 2")


@pytest.mark.parametrize("blob", [b"", b"short", bytes(12), bytes(28)])
def test_bytes_that_were_never_sealed_are_unreadable(vault, blob):
    with pytest.raises(Unreadable):
        vault.new_data_key(b"model").open(blob, PLACE)


def test_the_same_text_never_seals_to_the_same_bytes(vault):
    data_key = vault.new_data_key(b"model")
    assert len({data_key.seal("text", PLACE) for _ in range(50)}) == 50


def test_a_missing_master_key_is_named(vault):
    data_key = vault.new_data_key(b"model")
    with pytest.raises(Unreadable, match=data_key.key_id):
        Vault(Keyring.parse(SECOND)).open_data_key(data_key.key_id, data_key.wrapped, b"model")


def test_rewrapping_changes_the_master_key_and_not_what_it_opens(vault):
    data_key = vault.new_data_key(b"model")
    sealed = data_key.seal("text", PLACE)
    both = Vault(Keyring.parse(f"{SECOND} {FIRST}"))
    fresh = both.rewrap(data_key.key_id, data_key.wrapped, b"model")
    later = Vault(Keyring.parse(SECOND)).open_data_key(fresh.key_id, fresh.wrapped, b"model")
    assert fresh.key_id != data_key.key_id
    assert later.open(sealed, PLACE).reveal() == "text"


def test_an_adopted_keyring_seals_from_then_on(vault):
    changing = Vault(Keyring.parse(FIRST))
    changing.adopt(Keyring.parse(f"{SECOND} {FIRST}"))
    assert changing.new_data_key(b"model").key_id == Keyring.parse(SECOND).primary.id


@given(st.lists(text), st.lists(text))
def test_two_lists_of_parts_never_give_the_same_associated_data(one, other):
    assert (associated(*one) == associated(*other)) == (one == other)
