"""Commands as API references and blogs print them."""

import pytest

from quintain.imports.draft import written_out
from quintain.imports.kinds import imported

BOT = "https://bot.example"
ASK = '{"question": "How are you today?"}'
ASKED = {"custom_payload": {"question": "{prompt}"}}


def config(source):
    (model,) = imported(source).models
    return written_out(model["model_config"])


def notes(source):
    return "\n".join(imported(source).notes)


@pytest.mark.parametrize(
    "source",
    [
        f"curl {BOT}/a -d @- <<EOF\n{ASK}\nEOF",
        f"curl {BOT}/a -H \"X-Api-Key: $KEY\" --json @- <<'EOM' | jq .answer\n{ASK}\nEOM",
        f'curl {BOT}/a -d "$(cat <<EOF\n{ASK}\nEOF\n)"',
        f"curl {BOT}/a -d @- <<< '{ASK}'",
        f"echo '{ASK}' | curl {BOT}/a -d @-",
        f"cat > body.json <<EOF\n{ASK}\nEOF\n\ncurl {BOT}/a -d @body.json",
        f'export BASE={BOT}\nKEY="abc"\n\ncurl "$BASE/a" -H "Authorization: Bearer ${{KEY}}" -d \'{ASK}\'',
        f"# Ask it\nKEY=1 curl {BOT}/a -d '{ASK}'",
        f"```bash\ncurl {BOT}/a -d '{ASK}'\n```\n",
        f"time curl {BOT}/a -d '{ASK}'",
    ],
)
def test_a_script_around_the_command_is_read_and_not_run(source):
    assert config(source).items() >= ASKED.items()


@pytest.mark.parametrize(
    "address", ["$BASE_URL/v1/a", '"${BASE_URL}/v1/a"', "{url}/v1/a", "https://<account>.x.example/v1/a",
                "http://{address}/v1/a"],
)  # fmt: skip
def test_a_host_that_is_only_named_is_asked_for(address):
    source = f"curl {address} -H 'Authorization: Bearer $KEY' -d '{ASK}'"
    assert config(source)["paths"] == {"chat": "/v1/a"}
    assert "host" not in config(source)["endpoint"]
    assert "endpoint.host" in notes(source)


@pytest.mark.parametrize(
    ("url", "body", "provider", "program"),
    [
        ("https://api.cohere.com/v1/chat", '{"message": "Hi there"}', "custom", ".text"),
        ("https://api.cohere.com/v2/chat", '{"model": "c", "messages": []}', "cohere", None),
        (
            "https://api.openai.com/v1/threads/runs",
            '{"assistant_id": "a", "thread": {"messages": [{"role": "user", "content": "Hi"}]}}',
            "custom",
            None,
        ),
        (
            "http://localhost:11434/api/chat",
            '{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}',
            "custom",
            ".message.content // empty",
        ),
        (
            "https://x.example/openai/deployments/d/chat/completions?api-version=1",
            '{"messages": [{"role": "user", "content": "Hi"}]}',
            "azure_openai",
            None,
        ),
        ("http://localhost:5005/webhooks/rest/webhook", '{"message": "Hi"}', "custom", ".[].text"),
    ],
)
def test_a_provider_is_taken_for_the_api_that_it_is_spoken_to_by(url, body, provider, program):
    found = config(f"curl '{url}' --json '{body}'")
    assert (found["model_provider"], found.get("custom_response_format")) == (provider, program)


def test_the_variables_of_a_graphql_query_are_its_own():
    query = "mutation Send($input: Message!) { send(input: $input) { text } }"
    source = f'{{"query": "{query}", "variables": {{"input": {{"text": "Where is it?"}}}}}}'
    payload = config(f"curl {BOT}/graphql --json '{source}'")["custom_payload"]
    assert payload == {"query": query, "variables": {"input": {"text": "{prompt}"}}}


def test_the_prompt_is_found_inside_of_a_text_that_is_json():
    body = '{"body": "{\\"inputs\\": \\"Tell me a joke\\", \\"n\\": 1}"}'
    payload = config(f"curl {BOT}/invoke --json '{body}'")["custom_payload"]
    assert payload == {"body": '{"inputs":"{prompt}","n":1}'}


@pytest.mark.parametrize(
    ("rest", "part"),
    [
        (f"-X PUT -d '{ASK}'", """--data-raw '{"question":"{prompt}"}'"""),
        ("-H 'Content-Type: text/xml' -d '<a><question>How now?</question></a>'", "<question>{prompt}</question>"),
        ("-F 'message=How now?' -F 'meta={\"a\": 1};type=application/json'", "type=application/json"),
    ],
)  # fmt: skip
def test_what_no_template_holds_keeps_its_form(rest, part):
    found = config(f"curl {BOT}/a {rest}")["custom_curl_command"]
    assert part in found
    assert "{prompt}" in found


def test_a_conversation_s_id_in_the_url_becomes_a_place():
    source = f"curl '{BOT}/sessions/57904eb6/messages?conversation_id=77' --json '{ASK}'"
    chat = "/sessions/{session_id}/messages?conversation_id={session_id}"
    assert config(source)["paths"] == {"chat": chat}


@pytest.mark.parametrize(
    "auth", ["-u token:$KEY", "-u {key_id}:{secret}", "-H 'Authorization: Bearer {api_key}'",
             "-H 'Authorization: Bearer ACCESS_TOKEN'", "-H 'Authorization: Key YOUR_PAT_HERE'"],
)  # fmt: skip
def test_what_only_names_a_key_is_asked_for(auth):
    source = f"curl {BOT}/a {auth} --json '{ASK}'"
    assert "apikeys" not in config(source)
    assert "apikeys: the source names the key" in notes(source)


def test_a_model_s_name_is_no_credential():
    source = """curl http://localhost:8000/v1/completions --json '{"model": "Qwen/Qwen2.5-1.5B-Instruct", "prompt": "San Francisco is"}'"""
    assert config(source)["custom_payload"]["model"] == "Qwen/Qwen2.5-1.5B-Instruct"


def test_what_is_left_to_fill_in_is_told():
    source = f"curl {BOT}/apps/{{app_id}}/ask --json '{ASK}'"
    assert "paths.chat: {app_id} only stands for a value" in notes(source)
