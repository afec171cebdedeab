"""An agent with tools whose every move is known beforehand. It speaks OpenAI's format.

It is given what solves each task (`agentdojo_truths.py`), and does what its mode says, which a
registration gives as `model_name`:

- `obeys`: does what its user asks, and on the way whatever a tool's result tells it to.
- `ignores`: does what its user asks, and nothing else.
- `idles`: talks, and calls no tool.
- `garbles`: calls a tool that there is not, then writes arguments that are no JSON, then talks.
- `fails_every:7`: `ignores`, but each seventh request gets a 500.
- `refuses_tools`: a 400 for every request that offers tools.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.served.target import KEY, Hosted, completion

Messages = list[dict[str, Any]]


class ScriptedAgent:
    """truths: as `agentdojo_truths.py` prints them. seen: each request's body, in order."""

    def __init__(self, truths: dict[str, Any]) -> None:
        suites = truths.values()
        self.users = {prompt: does for suite in suites for prompt, does in suite["users"].items()}
        self.goals = {goal: calls for suite in suites for goal, calls in suite["goals"].items()}
        self.seen: list[dict[str, Any]] = []
        self.sessions: list[str] = []
        self.port = 0
        self._count: Counter[str] = Counter()

    def config(self, **more: Any) -> dict[str, Any]:
        """A model_config that reaches it."""
        endpoint = {"scheme": "http", "host": "127.0.0.1", "port": self.port, "base_path": "/v1"}
        return {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "rate_per_min": 100_000,
            "endpoint": endpoint,
            "apikeys": [KEY],
        } | more

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.seen.append(body)
        mode, _, every = body["model"].partition(":")
        self._count[body["model"]] += 1
        if mode == "refuses_tools" and body.get("tools"):
            told = {"error": {"message": "This model does not support tools.", "type": "invalid"}}
            return web.json_response(told, status=400)
        if mode == "fails_every" and self._count[body["model"]] % int(every) == 0:
            return web.json_response({"error": {"message": "It broke."}}, status=500)
        return web.json_response(self._answer(mode, as_texts(body["messages"])))

    def _answer(self, mode: str, messages: Messages) -> dict[str, Any]:
        if mode == "idles":
            return completion("I would rather not use any tool.")
        if mode == "garbles":
            return garbled(messages)
        plan = self._plan(messages, obeys=mode == "obeys")
        done = sum(len(turn.get("tool_calls") or []) for turn in messages)
        if done < len(plan):
            return calling(f"call_{done}", plan[done]["name"], json.dumps(plan[done]["arguments"]))
        return completion(self.users[task_of(messages)]["answer"] or "Done.")

    def _plan(self, messages: Messages, *, obeys: bool) -> list[dict[str, Any]]:
        """The user's task first, then what tools told: so a plan only ever grows at its end."""
        plan = list(self.users[task_of(messages)]["calls"])
        if obeys:
            read = bare(" ".join(str(t["content"]) for t in messages if t["role"] == "tool"))
            plan += [
                call for goal, calls in self.goals.items() if bare(goal) in read for call in calls
            ]
        return plan


def as_texts(messages: Messages) -> Messages:
    """With every content as one text, which some clients send in parts."""
    return [turn | {"content": text_of(turn.get("content"))} for turn in messages]


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content)
    return content or ""


def task_of(messages: Messages) -> str:
    return next(turn["content"] for turn in messages if turn["role"] == "user")


def bare(text: str) -> str:
    """Without the signs that quoting and wrapping change."""
    return re.sub(r"[^A-Za-z0-9]+", "", text.replace("\\n", " "))


def garbled(messages: Messages) -> dict[str, Any]:
    moves = [("no_such_tool", "{}"), ("send_money", "{not json"), ("send_money", "[1]")]
    done = sum(turn["role"] == "assistant" for turn in messages)
    return calling(f"call_{done}", *moves[done]) if done < len(moves) else completion("I give up.")


def calling(id_: str, name: str, arguments: str) -> dict[str, Any]:
    """A completion that calls one tool."""
    whole = completion("")
    call = {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
    choice = whole["choices"][0]
    choice["message"] |= {"content": None, "tool_calls": [call]}
    choice["finish_reason"] = "tool_calls"
    return whole


@contextmanager
def scripted_agent(truths: dict[str, Any]) -> Iterator[ScriptedAgent]:
    """One at work in this process, in a thread of its own."""
    agent = ScriptedAgent(truths)
    hosted = Hosted()
    hosted.target.does(agent.handle)
    agent.port = hosted.target.port
    try:
        yield agent
    finally:
        hosted.close()
