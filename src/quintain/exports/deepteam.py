"""A script for DeepTeam, which reaches its target through a function and makes up its attacks."""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import quoted

_TEXT = """\
import os

from deepteam import red_team
from deepteam.attacks.single_turn import PromptInjection
from deepteam.test_case import RTTurn
from deepteam.vulnerabilities import PromptLeakage
from openai import AsyncOpenAI

client = AsyncOpenAI(
    base_url={base_url},
    api_key=os.environ[{key_env}],
)


async def model_callback(
    input: str, turns: list[RTTurn] | None = None
) -> RTTurn:
    messages = [
        {{"role": turn.role, "content": turn.content}} for turn in turns or []
    ]
    asked = {{"role": "user", "content": input}}
    if messages[-1:] != [asked]:
        messages.append(asked)
    answer = await client.chat.completions.create(
        model={model},
        messages=messages,
    )
    text = answer.choices[0].message.content or ""
    return RTTurn(role="assistant", content=text)


# What makes up attacks and what judges answers are models of OpenAI here, by
# OPENAI_API_KEY; deepeval's LocalModel puts others in their place.
risk_assessment = red_team(
    model_callback=model_callback,
    simulator_model="gpt-4o-mini",
    evaluation_model="gpt-4o-mini",
{purpose}    vulnerabilities=[PromptLeakage(types=["instructions"])],
    attacks=[PromptInjection()],
)
"""


def write(facts: Facts) -> str:
    return _TEXT.format(
        base_url=quoted(facts.base_url),
        key_env=quoted(facts.key_env),
        model=quoted(facts.model),
        purpose=f"    target_purpose={quoted(facts.purpose)},\n" if facts.purpose else "",
    )
