"""A script for PyRIT 1.x: its target for endpoints that speak OpenAI, and one prompt sent by it."""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import quoted

_TEXT = """\
import asyncio
import os

from pyrit.executor.attack import PromptSendingAttack
from pyrit.prompt_target import OpenAIChatTarget
from pyrit.setup import IN_MEMORY, initialize_pyrit_async


async def main() -> None:
    await initialize_pyrit_async(IN_MEMORY, load_defaults=False, silent=True)
    target = OpenAIChatTarget(
        endpoint={base_url},
        api_key=os.environ[{key_env}],
        model_name={model},
    )
    attack = PromptSendingAttack(objective_target=target)
    result = await attack.execute_async(objective="Say hello.")
    print(result.last_response.converted_value)


asyncio.run(main())
"""


def write(facts: Facts) -> str:
    return _TEXT.format(
        base_url=quoted(facts.base_url), key_env=quoted(facts.key_env), model=quoted(facts.model)
    )
