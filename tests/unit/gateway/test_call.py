"""What is held for a call is given back, however it ends."""

import asyncio

import pytest

from quintain.gateway.call import Result


async def test_a_stream_that_fails_in_closing_still_ends_what_is_behind_it():
    ended = []

    async def stream():
        try:
            yield b"x"
        finally:
            raise asyncio.CancelledError

    result = Result(stream=stream(), ends=(lambda: ended.append("released"),))
    await anext(result.stream)
    with pytest.raises(asyncio.CancelledError):
        await result.close()
    assert ended == ["released"]
