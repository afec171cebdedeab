"""An entry for the `config.yaml` of LiteLLM's proxy; `openai/` is its word for such endpoints.

The proxy's own name for the model is the same, but for what the proxy takes for something else
there: a comma parts several models, `*` makes a pattern, `os.environ/` a variable. What is not ASCII
is left out as well, since names stand in headers; the one in `x-litellm-model-name` must be Latin-1.
"""

from __future__ import annotations

import re

from quintain.errors import BadRequest
from quintain.exports.base import Facts
from quintain.exports.quoting import quoted

_NOT_IN_A_NAME = re.compile(r"[^ -~]|[,*]|^os\.environ(?=/)")
_TEXT = """\
model_list:
  - model_name: {name}
    litellm_params:
      model: {model}
      api_base: {base_url}
      api_key: {key}
"""


def write(facts: Facts) -> str:
    """Raises BadRequest for a name with which LiteLLM's proxy would fail every call."""
    beyond = next((char for char in facts.model if ord(char) > 0xFF), None)
    if beyond:
        raise BadRequest(
            "LiteLLM's proxy puts the model's name into a header, where only Latin-1 can stand: "
            f"give the model a name without {quoted(beyond)}."
        )
    return _TEXT.format(
        name=quoted(_NOT_IN_A_NAME.sub("_", facts.model)),
        model=quoted(f"openai/{facts.model}"),
        base_url=quoted(facts.base_url),
        key=quoted(f"os.environ/{facts.key_env}"),
    )
