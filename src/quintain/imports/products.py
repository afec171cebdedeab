"""Chatbots and servers that are known by the path of their API: how they answer.

Each row was taken from the product's own API reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quintain.imports.answers import Mapping
from quintain.imports.places import Json
from quintain.imports.request import Address


@dataclass(frozen=True, slots=True)
class Product:
    """place: what host and path look like. program: jq for the text of an answer.

    needs: a field of the request's body, where others have such a path too.
    """

    name: str
    place: str
    program: str
    reads: str = "json"
    needs: str = ""

    @property
    def answer(self) -> Mapping:
        return Mapping(self.program, self.reads)

    @property
    def note(self) -> str:
        return f"custom_response_format: the answer is read as {self.name} gives it; see whether it fits."


_CHOICE = ".choices[0].message.content"
_PRODUCTS = (
    Product("Ollama", r"/api/chat", ".message.content // empty", "sse", "model"),
    Product("Ollama", r"/api/generate", ".response // empty", "sse", "model"),
    Product("Rasa", r"/webhooks/[^/]+/webhook", ".[].text"),
    Product("Dify", r".*/v1/(?:chat|completion)-messages", ".answer"),
    Product("Flowise", r"/api/v1/prediction/[^/]+", ".text"),
    Product("Langflow", r"/api/v1/run/[^/]+", ".outputs[0].outputs[0].results.message.text"),
    Product("n8n", r".*/webhook(?:-test)?/[^/]+/chat", ".output // .text"),
    Product("AnythingLLM", r".*/workspace/[^/]+/chat", ".textResponse"),
    Product("RAGFlow", r"/api/v1/chats/[^/]+/completions", ".data.answer"),
    Product("Voiceflow", r"/state/user/[^/]+/interact", '.[] | select(.type == "text" or .type == "speak") | .payload.message'),
    Product("Botpress", r"/api/v1/bots/[^/]+/converse/[^/]+", '.responses[] | select(.type == "text") | .text'),
    Product("Dialogflow", r"/v2[^/]*/projects/.*:detectIntent", ".queryResult.fulfillmentText"),
    Product("Dialogflow CX", r"/v3[^/]*/projects/.*:detectIntent", ".queryResult.responseMessages[].text.text[]?"),
    Product("watsonx Assistant", r".*/v2/assistants/.*/message", '.output.generic[] | select(.response_type == "text") | .text'),
    Product("watsonx", r"/ml/v1/text/chat", _CHOICE),
    Product("watsonx", r"/ml/v1/text/generation", ".results[0].generated_text"),
    Product("Databricks", r"/serving-endpoints/[^/]+/invocations", _CHOICE),
    Product("Snowflake Cortex", r"/api/v2/cortex/inference:complete", _CHOICE),
    Product("Vertex AI", r"/v1[^/]*/projects/.*:generateContent", '[.candidates[0].content.parts[].text] | join("")'),
    Product("Workers AI", r".*/accounts/[^/]+/ai/run/.*", ".result.response"),
    Product("Text Generation Inference", r"/generate", 'if type == "array" then .[0] else . end | .generated_text', needs="inputs"),
    Product("Hugging Face", r"//api-inference\.huggingface\.co/models/.*", 'if type == "array" then .[0] else . end | .generated_text'),
    Product("Vectara", r"/v2/chats(?:/[^/]+/turns)?", ".answer"),
    Product("Pinecone Assistant", r"/assistant/chat/[^/]+", ".message.content"),
    Product("Agentforce", r".*/ai-agent/v1/sessions/[^/]+/messages", ".messages[].message"),
    Product("Chatbase", r"//www\.chatbase\.co/api/v1/chat", ".text"),
    Product("Cohere's first API", r"//api\.cohere\.(?:com|ai)/v1/chat", ".text"),
    Product("Replicate", r"//api\.replicate\.com/.*/predictions", '.output | if type == "array" then join("") else . end'),
    Product("Letta", r"/v1/agents/[^/]+/messages", '.messages[] | select(.message_type == "assistant_message") | .content'),
    Product("DashScope", r"/api/v1/services/aigc/text-generation/generation", ".output.choices[0].message.content // .output.text"),
    Product("Mistral's agents", r"//api\.mistral\.ai/v1/conversations(?:/[^/]+)?", '.outputs[] | select(.type == "message.output") | .content | if type == "array" then map(.text // "") | join("") else . end'),
)  # fmt: skip
_COMPILED = [(re.compile(product.place), product) for product in _PRODUCTS]


def product_at(address: Address, body: Json) -> Product | None:
    """body: of the request, None where it is no JSON."""
    path = address.path.rstrip("/")
    whole = f"//{address.host.lower()}{path}"
    fields = body if isinstance(body, dict) else {}
    return next(
        (
            product
            for place, product in _COMPILED
            if place.fullmatch(whole if product.place.startswith("//") else path)
            and (not product.needs or product.needs in fields)
        ),
        None,
    )
