"""The Responses API for every model: its calls are made as chats, and the answers turned back."""

from quintain.gateway.call import Result
from quintain.gateway.responses.answer import Json, response_of
from quintain.gateway.responses.output import frame
from quintain.gateway.responses.request import chat_ask
from quintain.gateway.responses.stream import events_of

__all__ = ["as_response", "chat_ask", "frame"]


def as_response(result: Result, response: Json, ident: str) -> Result:
    """A chat's result in the words of the Responses API; a refusal stays as it is."""
    if result.stream is not None:
        result.stream = events_of(result.stream, response, ident)
    elif result.status == 200:
        result.body = response_of(result.body, response, ident)
    return result
