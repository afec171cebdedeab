"""The two registrations of `quintain demo`: one chatbot, spoken to in two formats."""

from typing import Any

from yarl import URL

from quintain.cli.exits import Code, Failure
from quintain.cli.finding import Model
from quintain.cli.wire import Wire, model_headers

OWN = "desk"
OPENAI = "desk-openai"
PAYLOAD = {"question": "{prompt}", "conversation": {"turns": "{messages}"}}
ANSWER = ".result.messages[].text"


def own_format(chatbot: URL, key: str) -> dict[str, Any]:
    """Return the registration in the chatbot's own JSON: a template out, jq over what comes back."""
    return {
        **_named(OWN),
        "model_config": {
            **_shared(chatbot, "custom"),
            "paths": {"chat": "/bot/reply"},
            "auth_data": {
                "header_name": "X-Desk-Key",
                "header_prefix": "",
                "space_after_prefix": False,
            },
            "apikeys": [key],
            "custom_payload": PAYLOAD,
            "custom_response_format": ANSWER,
            "custom_response_content_type": "json",
        },
    }


def openai_format(chatbot: URL, key: str) -> dict[str, Any]:
    """Return the registration for the same chatbot's OpenAI endpoint."""
    config = _shared(chatbot, "openai_compatible")
    config["endpoint"]["base_path"] = "/v1"
    return {
        **_named(OPENAI),
        "model_name": "marlow-desk",
        "model_config": {**config, "apikeys": [key]},
    }


def _named(name: str) -> dict[str, Any]:
    return {"model_saved_name": name, "model_version": "v1", "testing_for": "chatbotsAndCopilots"}


def _shared(chatbot: URL, provider: str) -> dict[str, Any]:
    endpoint = {"scheme": chatbot.scheme, "host": chatbot.host, "port": chatbot.port}
    return {
        "model_provider": provider,
        "hosting_type": "Internal",
        "rate_per_min": 600,  # it is on this machine, and ours
        "endpoint": endpoint,
    }


async def register(wire: Wire, body: dict[str, Any]) -> Model:
    """Add the model, or bring it up to date in a data directory that had the demo before."""
    try:
        answer = await wire.ask("POST", "/models/add-model", body=body)
    except Failure as failure:
        if failure.exit_code is not Code.TAKEN:
            raise
        headers = model_headers(body["model_saved_name"], body["model_version"])
        answer = await wire.ask("PATCH", "/models/modify-model", body=body, headers=headers)
    model: Model = answer["data"]
    return model
