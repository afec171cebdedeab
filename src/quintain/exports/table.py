"""One line for each tool that a model can be exported for."""

from __future__ import annotations

from quintain.exports import (
    curl,
    deepteam,
    garak,
    inspect_ai,
    litellm,
    openai,
    promptfoo,
    pyrit,
)
from quintain.exports.base import Export

EXPORTS = {
    "garak": Export(garak.write, "quintain_garak.sh", "bash {file}", "pip install garak"),
    "promptfoo": Export(
        promptfoo.write,
        "promptfooconfig.yaml",
        "promptfoo eval -c {file}",
        "npm install -g promptfoo",
    ),
    "pyrit": Export(pyrit.write, "quintain_pyrit.py", "python {file}", "pip install pyrit"),
    "inspect": Export(
        inspect_ai.write, "quintain_inspect.sh", "bash {file}", "pip install inspect-ai openai"
    ),
    "deepteam": Export(
        deepteam.write, "quintain_deepteam.py", "python {file}", "pip install deepteam sentry-sdk"
    ),
    "openai": Export(openai.write, "quintain_openai.py", "python {file}", "pip install openai"),
    "curl": Export(curl.write, "quintain_curl.sh", "bash {file}", "curl 7.76 or newer"),
    "litellm": Export(
        litellm.write,
        "config.yaml",
        "litellm --config {file}",
        "pip install 'litellm[proxy]', and a key of the proxy's own in LITELLM_MASTER_KEY",
    ),
}
