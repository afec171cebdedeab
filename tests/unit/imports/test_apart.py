"""Sources are read in another process, one at a time, and not for ever."""

import pytest

from quintain.imports import apart
from quintain.imports.apart import Apart, answer_of
from quintain.imports.refusal import Unimportable

CURL = "curl https://api.example.com/chat -H 'Authorization: Bearer sk-live-0123456789' -d '{\"text\": \"hi\"}'"


async def test_a_source_is_read_by_another_process(monkeypatch):
    expected = answer_of(CURL, "", "", "")
    monkeypatch.setattr(apart, "imported", None)
    assert await Apart().answer(CURL, "", "", "") == expected


async def test_what_is_wrong_with_a_source_comes_back_as_its_sentence():
    with pytest.raises(Unimportable, match="is empty"):
        await Apart().answer(" ", "", "", "")


async def test_a_source_that_takes_too_long_is_given_up():
    with pytest.raises(Unimportable, match="takes too long"):
        await Apart(longest_s=0.0).answer(CURL, "", "", "")
    assert (await Apart().answer(CURL, "", "", ""))["kind"] == "curl"
