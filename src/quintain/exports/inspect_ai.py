"""A small task and the `inspect eval` that runs it.

For `openai-api/<service>/<model>` Inspect takes the key from `<SERVICE>_API_KEY`.
https://inspect.aisi.org.uk/providers.html
"""

from __future__ import annotations

from quintain.exports.base import Facts
from quintain.exports.quoting import key_of, quoted, word

_TEXT = """\
cat > quintain_task.py <<'END'
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
{imports}from inspect_ai.scorer import includes
from inspect_ai.solver import generate


@task
def says_hello() -> Task:
    return Task(
        dataset=[Sample(input="Say hello.", target="hello")],
        solver=generate(),
        scorer=includes(),
{model}    )
END
QUINTAIN_API_KEY={key} inspect eval quintain_task.py{options}
"""
_IN_TASK = """\
        model=get_model(
            {model},
            base_url={base_url},
        ),
"""


def write(facts: Facts) -> str:
    name = f"openai-api/quintain/{facts.model}"
    # A comma in --model would part two models.
    by_task = "," in name
    options = f" \\\n  --model {word(name)} \\\n  --model-base-url {word(facts.base_url)}"
    in_task = _IN_TASK.format(model=quoted(name), base_url=quoted(facts.base_url))
    return _TEXT.format(
        imports="from inspect_ai.model import get_model\n" if by_task else "",
        model=in_task if by_task else "",
        key=key_of(facts.key_env),
        options="" if by_task else options,
    )
