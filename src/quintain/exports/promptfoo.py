"""A `promptfooconfig.yaml`, for `promptfoo eval` and as the target of `promptfoo redteam run`.

The provider `openai:chat` takes all after the second colon as the model's name. `omitDefaults`
keeps promptfoo from sending a temperature and a token limit of its own.
"""

from __future__ import annotations

import re

from quintain.errors import BadRequest
from quintain.exports.base import Facts
from quintain.exports.quoting import quoted

_TEMPLATE = re.compile(r"\{(?=[{%#])")
_TEXT = """\
targets:
  - id: {provider}
    config:
      apiBaseUrl: {base_url}
      apiKeyEnvar: {key_env}
      omitDefaults: true

prompts:
  - "{{{{prompt}}}}"

tests:
  - description: It says hello
    vars:
      prompt: Say hello.
    assert:
      - type: icontains
        value: hello

# For `promptfoo redteam run`, which makes up attacks of these kinds.
redteam:
{purpose}  numTests: 3
  plugins:
    - contracts
    - excessive-agency
    - prompt-extraction
"""


def write(facts: Facts) -> str:
    """Raises BadRequest for a name that promptfoo would take for a template of its own."""
    if _TEMPLATE.search(facts.model):
        raise BadRequest(
            "promptfoo takes {{, {% and {# in a name for a template: give the model a name without."
        )
    return _TEXT.format(
        provider=quoted(f"openai:chat:{facts.model}"),
        base_url=quoted(facts.base_url),
        key_env=quoted(facts.key_env),
        purpose=_purpose(facts.purpose),
    )


def _purpose(text: str) -> str:
    """As words and no more: promptfoo fills templates, and reads what begins with `file://`."""
    if not text:
        return ""
    return f"  purpose: {quoted('The target: ' + _TEMPLATE.sub('{ ', text))}\n"
