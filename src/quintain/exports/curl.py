"""A curl command. The key comes by standard input: command lines can be read by every user."""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import json_text, key_of, word

_TEXT = """\
printf 'Authorization: Bearer %s' {key} |
curl --silent --show-error --fail-with-body --header @- \\
  --header 'Content-Type: application/json' \\
  --data-raw {body} \\
  {url}
"""


def write(facts: Facts) -> str:
    body = {"model": facts.model, "messages": [{"role": "user", "content": "Say hello."}]}
    return _TEXT.format(
        key=key_of(facts.key_env),
        body=word(json_text(body)),
        url=word(f"{facts.base_url}/chat/completions"),
    )
