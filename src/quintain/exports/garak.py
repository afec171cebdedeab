"""garak 0.17's command line, with its generator for endpoints that speak OpenAI.

https://docs.garak.ai, and `garak/generators/openai.py` of 0.17.1: the base URL is asked with GET
before a run, and an option of null is left out of the calls. Without that garak sends its own stop
strings, `#` and `;`, which cut real answers off, and at most 150 tokens.
"""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import json_text, key_of, word

# What the model is sent is said by its registration.
_LEFT_OUT = ("max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "stop")
_TEXT = """\
OPENAICOMPATIBLE_API_KEY={key} garak \\
  --target_type openai.OpenAICompatible \\
  --target_name={model} \\
  --generator_options {options} \\
  --spec probes.dan.Dan_11_0 --generations 1
"""


def write(facts: Facts) -> str:
    options = {"uri": facts.base_url, **dict.fromkeys(_LEFT_OUT)}
    return _TEXT.format(
        key=key_of(facts.key_env),
        model=word(facts.model),
        options=word(json_text({"openai": {"OpenAICompatible": options}})),
    )
