"""From the options of `quintain run` to the body of POST /runs."""

import os
from typing import Any

from quintain.cli.documents import read_document
from quintain.cli.exits import wrong_usage

_ENDINGS = (".yaml", ".yml", ".json")


def suite_of(given: str | None) -> Any:
    """A suite's name as it is; of a file, the document in it."""
    if given is None:
        return None
    if given == "-" or given.endswith(_ENDINGS) or os.sep in given:
        document = read_document(given)
        if "name" not in document or "steps" not in document:
            raise wrong_usage(f"{given} is no suite: it has no name and steps (docs/suites.md).")
        return document
    return given


def suite_name(suite: Any) -> str | None:
    return str(suite["name"]) if isinstance(suite, dict) else suite


def given_only(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what was not typed, so that the server's defaults hold."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
