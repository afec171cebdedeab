"""OpenAI's own Python client."""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import quoted

_TEXT = """\
import os

from openai import OpenAI

MODEL = {model}

client = OpenAI(
    base_url={base_url},
    api_key=os.environ[{key_env}],
)
messages = [{{"role": "user", "content": "Say hello."}}]

answer = client.chat.completions.create(model=MODEL, messages=messages)
print(answer.choices[0].message.content)

# The same as it arrives.
stream = client.chat.completions.create(
    model=MODEL, messages=messages, stream=True
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
"""


def write(facts: Facts) -> str:
    return _TEXT.format(
        model=quoted(facts.model), base_url=quoted(facts.base_url), key_env=quoted(facts.key_env)
    )
