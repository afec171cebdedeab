"""Which key calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quintain.errors import Unauthorized, Unavailable
from quintain.http.doorman import Doorman
from quintain.registry.credentials import digest_of, prefix_of
from quintain.registry.key_records import KeyRecord

KEY = "qt_abcdefgh_" + "k" * 43
NOW = datetime.now(UTC)
RECORD = KeyRecord(
    id=1, project_id=1, project="default", name="", role="editor", prefix=prefix_of(KEY), models=None, created_by="",
    created_at=NOW, expires_at=None, last_used_at=None, revoked_at=None, run_id=None, digest=digest_of(KEY),
)  # fmt: skip


class FakeKeys:
    """meanwhile: what happens while a key is looked up. away: the store does not answer."""

    def __init__(self, record=RECORD):
        self.record, self.lookups, self.touched = record, 0, []
        self.meanwhile = lambda: None
        self.away = False

    async def by_prefix(self, prefix):
        self.lookups += 1
        found = self.record if prefix == self.record.prefix else None
        self.meanwhile()
        return found

    async def touch(self, used):
        if self.away:
            raise Unavailable("The store is away.")
        self.touched += used


async def test_a_key_is_looked_up_once_and_then_known():
    keys = FakeKeys()
    doorman = Doorman(keys)
    assert doorman.recognise(KEY) is None
    actor = await doorman.identify(KEY)
    assert (actor.role, actor.project_id) == ("editor", 1)
    assert doorman.recognise(KEY) == actor
    assert keys.lookups == 1


@pytest.mark.parametrize(
    "text", ["", "x", KEY[:-1], KEY[:-1] + "x", KEY + "x", "qt_abcdefgh_", "\u00fc" * 60]
)
async def test_any_other_text_is_refused_also_when_its_prefix_is_known(text):
    doorman = Doorman(FakeKeys())
    with pytest.raises(Unauthorized):
        await doorman.identify(text)
    await doorman.identify(KEY)
    if prefix_of(text) == RECORD.prefix:
        with pytest.raises(Unauthorized):
            doorman.recognise(text)
    else:
        assert doorman.recognise(text) is None


@pytest.mark.parametrize(
    "change", [{"revoked_at": NOW}, {"expires_at": NOW - timedelta(seconds=1)}]
)
async def test_a_key_that_works_no_more_is_refused(change):
    with pytest.raises(Unauthorized):
        await Doorman(FakeKeys(replace(RECORD, **change))).identify(KEY)


async def test_a_known_key_expires_on_time(monkeypatch):
    doorman = Doorman(
        FakeKeys(replace(RECORD, expires_at=datetime.now(UTC) + timedelta(milliseconds=30)))
    )
    await doorman.identify(KEY)
    later = datetime.now(UTC) + timedelta(seconds=1)

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return later

    monkeypatch.setattr("quintain.http.doorman.datetime", Later)
    with pytest.raises(Unauthorized):
        doorman.recognise(KEY)


async def test_a_key_that_is_revoked_while_it_is_looked_up_is_not_remembered():
    keys = FakeKeys()
    doorman = Doorman(keys)
    keys.meanwhile = doorman.forget
    await doorman.identify(KEY)
    assert doorman.recognise(KEY) is None


async def test_when_keys_were_used_is_written_in_batches_and_not_lost_while_the_store_is_away():
    keys = FakeKeys()
    doorman = Doorman(keys)
    await doorman.identify(KEY)
    keys.away = True
    with pytest.raises(Unavailable):
        await doorman.flush()
    keys.away = False
    await doorman.flush()
    assert [ident for ident, _ in keys.touched] == [1]
