"""One call: what it asks for taken apart, made, and put together again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from quintain.dialects.base import RESPONSES, Outgoing
from quintain.dialects.jq import Jq
from quintain.errors import BadRequest, TargetError
from quintain.gateway import choices, modalities
from quintain.gateway.call import Call, Result
from quintain.gateway.exchange import Exchange
from quintain.gateway.responses import as_response, chat_ask, frame
from quintain.gateway.sessions.heard import Heard
from quintain.gateway.sessions.keeper import Keeper
from quintain.gateway.sessions.plan import Plan
from quintain.gateway.sessions.turn import Turn
from quintain.gateway.trace import Trace
from quintain.gateway.visits import Visits

_Make = Callable[[Call], Awaitable[Result]]


class Gateway:
    """The one way to every model."""

    def __init__(self, exchange: Exchange, visits: Visits, jq: Jq) -> None:
        self._exchange = exchange
        self._visits = visits
        self._keeper = Keeper(jq)
        self._jq = jq

    async def call(self, call: Call) -> Result:
        """Make one call, or n of them where n choices are asked for.

        Raises BadRequest, RateLimited or TargetError; a stream raises TargetError where it breaks.
        """
        if call.ask.kind == RESPONSES and not call.compiled.responds:
            return await self._responded(call)
        modalities.check(call.ask, call.compiled.inputs, call.compiled.outputs)
        n = choices.take_n(call.ask)
        return await (self._one(call) if n == 1 else self._several(call, n))

    async def _responded(self, call: Call) -> Result:
        """A call of the Responses API, made as a chat."""
        response = frame(call.ask, call.id, call.named)
        call.ask, dropped = chat_ask(call.ask)
        result = await self.call(call)
        call.dropped += dropped
        return as_response(result, response, call.id)

    async def _several(self, call: Call, n: int) -> Result:
        if call.session:
            raise BadRequest(
                "n must be 1 in a conversation that X-Quintain-Session names.", param="n"
            )
        # Each counts its own waits: they are spent side by side.
        parts = [replace(call, ask=replace(call.ask)) for _ in range(n)]
        results = await choices.together([self._one(part) for part in parts])
        longest = max(parts, key=lambda part: part.waited_s + part.upstream_s)
        call.waited_s, call.upstream_s = longest.waited_s, longest.upstream_s
        call.dropped = parts[0].dropped
        return await choices.joined(results, stream=call.ask.stream)

    async def _one(self, call: Call) -> Result:
        program, plan = call.compiled.trace, call.compiled.session
        make: _Make = self._sent if plan is None else lambda each: self._turn(each, plan)
        return await (make(call) if program is None else self._traced(call, program, make))

    async def _sent(self, call: Call) -> Result:
        return await self._reached(call, self._outgoing(call))

    async def _reached(self, call: Call, outgoing: Outgoing) -> Result:
        page = call.compiled.page
        if page is not None:
            return await self._visits.send(call, page, outgoing)
        return await self._exchange.send(call, outgoing)

    def _outgoing(self, call: Call) -> Outgoing:
        outgoing = call.compiled.speaker.outgoing(call.ask)
        call.dropped = outgoing.dropped
        return outgoing

    async def _traced(self, call: Call, program: str, make: _Make) -> Result:
        """A call of an agent, with the steps that it reports."""
        trace = Trace(program, self._jq)
        call.listeners += (trace,)
        result = await make(call)
        if result.status == 200:
            result.steps = trace.steps
            if result.stream is None:
                result.body = trace.put_into(result.body)
            else:
                result.stream = trace.followed(result.stream)
        return result

    async def _turn(self, call: Call, plan: Plan) -> Result:
        """A call in a conversation that the target keeps."""
        outgoing = self._outgoing(call)  # so that a call that cannot be made begins nothing
        turn = await self._keeper.turn(call, plan)
        try:
            if plan.opener is not None and turn.conversation.fresh:
                opening = turn.addressed(plan.opener.outgoing(call.ask.session))
                await self._exchange.begin(replace(call, listeners=(turn,)), opening)
                call.ask.session = turn.conversation.target_id
            outgoing = turn.addressed(self._outgoing(call))
            call.listeners += (turn,)
            result = await self._reached(call, outgoing)
            return _ended(turn, result)
        except TargetError as error:
            turn.release()
            raise turn.meaning(error) from error
        except BaseException:
            turn.release()
            raise


def _ended(turn: Turn, result: Result) -> Result:
    """The turn's end: with the answer, or with the end of its stream."""
    lost = result.began_anew and not turn.conversation.fresh
    result.session = (turn.conversation.name, "without-history" if lost else turn.state)
    if result.stream is not None:
        result.stream = turn.followed(result.stream)
        result.ends = (*result.ends, turn.release)
        return result
    if result.status == 200:
        heard = Heard.whole(result.body)
        turn.end(heard.text, heard.calls)
    turn.release()
    return result
