"""Written out by hand, so that a change of the associated data, which would lock all out, fails."""

import base64

import pytest

from quintain.errors import Invalid
from quintain.registry.binding import Bindings
from quintain.registry.sealing import SealedModel, key_place, open_secrets, reseal, seal_new
from quintain.secret import Secret
from quintain.vault.envelope import Vault, associated
from quintain.vault.keyring import Keyring

PATH = "model_config.apikeys.0"
ORIGIN = "https://api.openai.com:443"
CONFIG = {"model_provider": "openai", "apikeys": [None]}
HERE = Bindings.of(CONFIG)


@pytest.fixture
def vault():
    return Vault(Keyring.parse(base64.b64encode(bytes(32)).decode()))


def stored_under(vault, key_aad, secret_aad):
    """Model 7, as another program would have sealed it."""
    data_key = vault.new_data_key(key_aad)
    return SealedModel(7, data_key.key_id, data_key.wrapped, {PATH: data_key.seal("k", secret_aad)})


def test_a_secret_is_sealed_for_its_model_its_place_and_its_origin(vault):
    stored = stored_under(vault, associated("data key", 7), associated("secret", 7, PATH, ORIGIN))
    assert open_secrets(vault, stored, CONFIG) == {PATH: Secret("k")}


@pytest.mark.parametrize(
    ("key_aad", "secret_aad"),
    [
        (associated("data key", 8), associated("secret", 7, PATH, ORIGIN)),
        (associated("data key"), associated("secret", 7, PATH, ORIGIN)),
        (associated("data key", 7), associated("secret", 8, PATH, ORIGIN)),
        (associated("data key", 7), associated("secret", 7, "model_config.apikeys.1", ORIGIN)),
        (associated("data key", 7), associated("secret", 7, PATH, "https://evil.example.com:443")),
        (associated("data key", 7), associated("secret", 7, PATH)),
    ],
)
def test_a_secret_that_was_sealed_for_anything_else_does_not_open(vault, key_aad, secret_aad):
    stored = stored_under(vault, key_aad, secret_aad)
    assert open_secrets(vault, stored, CONFIG) == {PATH: Secret.unreadable()}


def test_what_does_not_change_is_not_sealed_again(vault):
    secrets = {PATH: Secret("k"), "model_config.apikeys.1": Secret("l")}
    first = seal_new(vault, 7, secrets, HERE)
    stored = SealedModel(7, first.data_key.key_id, first.data_key.wrapped, first.sealed)
    change = reseal(vault, stored, (secrets, HERE), ({**secrets, PATH: Secret("new")}, HERE))
    assert (change.data_key, change.sealed.keys(), change.gone) == (None, {PATH}, frozenset())


def test_a_secret_that_is_not_there_any_more_is_gone(vault):
    first = seal_new(vault, 7, {PATH: Secret("k")}, HERE)
    stored = SealedModel(7, first.data_key.key_id, first.data_key.wrapped, first.sealed)
    assert reseal(vault, stored, ({PATH: Secret("k")}, HERE), ({}, HERE)).gone == {PATH}


def test_an_unreadable_secret_cannot_be_sealed(vault):
    with pytest.raises(Invalid, match="give it again"):
        seal_new(vault, 7, {PATH: Secret.unreadable()}, HERE)


def test_places_of_data_keys_differ_by_model():
    assert key_place(1) != key_place(11)
