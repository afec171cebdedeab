from datetime import UTC, datetime, timedelta

import pytest

from quintain.errors import Invalid
from quintain.registry.credentials import digest_of
from quintain.registry.key_records import KeyRecord, NewKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def record(**fields):
    plain = {
        "id": 1,
        "project_id": 2,
        "project": "default",
        "name": "ci",
        "role": "editor",
        "prefix": "qt_abcdefgh",
        "models": None,
        "created_by": "first start",
        "created_at": NOW,
        "expires_at": None,
        "last_used_at": None,
        "revoked_at": None,
        "run_id": None,
        "digest": digest_of("the key"),
    }
    return KeyRecord(**{**plain, **fields})


def test_only_the_very_text_matches():
    assert record().matches("the key")
    assert not record().matches("the key ")


def test_a_record_does_not_show_its_digest():
    assert "digest" not in repr(record())


def test_a_key_works_until_it_expires_or_is_revoked():
    soon = NOW + timedelta(seconds=1)
    assert record(expires_at=soon).works(NOW)
    assert not record(expires_at=soon).works(soon)
    assert not record(revoked_at=NOW).works(NOW)


def test_a_key_acts_in_its_project_with_its_role():
    actor = record(models=("a",)).actor()
    assert (actor.project, actor.role, actor.key_prefix, actor.models) == (
        "default",
        "editor",
        "qt_abcdefgh",
        ("a",),
    )


def test_every_wrong_field_of_a_new_key_is_named_at_once():
    wrong = NewKey(" ", "owner", "a\nb", ("m",), datetime(2000, 1, 1, tzinfo=UTC))
    with pytest.raises(Invalid) as refused:
        wrong.check()
    assert [detail.field for detail in refused.value.details] == [
        "name",
        "project",
        "role",
        "models",
        "expires_at",
    ]


def test_an_expiry_without_time_zone_is_refused():
    with pytest.raises(Invalid, match="time zone"):
        NewKey("ci", "editor", expires_at=datetime(2099, 1, 1)).check()


def test_a_caller_may_be_limited_to_models():
    NewKey("ci", "caller", models=("a", "b")).check()
