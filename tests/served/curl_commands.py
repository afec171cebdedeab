"""Curl commands as references, browsers and tools write them, with `{prompt}` in its place.

Each has the origin of its target, which a test exchanges for a server of its own. Those of `POSIX`
can be run by a shell.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    name: str
    origin: str
    text: str


POSIX = [
    Command(
        "openai reference",
        "https://api.openai.com",
        """curl https://api.openai.com/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer sk-proj-0123456789" \\
  -d '{
    "model": "gpt-5.4",
    "messages": [
      {"role": "developer", "content": "You are a helpful assistant."},
      {"role": "user", "content": "{prompt}"}
    ]
  }'
""",
    ),
    Command(
        "anthropic reference",
        "https://api.anthropic.com",
        """curl https://api.anthropic.com/v1/messages \\
     --header "x-api-key: sk-ant-0123456789" \\
     --header "anthropic-version: 2023-06-01" \\
     --header "content-type: application/json" \\
     --data \\
'{
    "model": "claude-opus-4-1",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "{prompt}"}]
}'""",
    ),
    Command(
        "cohere reference",
        "https://api.cohere.com",
        """curl --request POST \\
  --url https://api.cohere.com/v2/chat \\
  --header 'accept: application/json' \\
  --header 'content-type: application/json' \\
  --header "Authorization: bearer co-0123456789" \\
  --data '{
    "model": "command-a-03-2025",
    "messages": [{"role": "user", "content": "{prompt}"}]
  }'""",
    ),
    Command(
        "gemini reference",
        "https://generativelanguage.googleapis.com",
        """curl "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent?key=AIza-0123" \\
  -H 'Content-Type: application/json' \\
  -X POST \\
  -d '{"contents": [{"parts": [{"text": "{prompt}"}]}]}' 2> /dev/null""",
    ),
    Command(
        "azure reference",
        "https://acme.openai.azure.com",
        """curl -X POST "https://acme.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21" \\
-H "Content-Type: application/json" -H "api-key: 0123456789abcdef" \\
-d "{ \\"messages\\": [ { \\"role\\": \\"user\\", \\"content\\": \\"{prompt}\\" } ], \\"stream\\": false }"
""",
    ),
    Command(
        "mistral reference",
        "https://api.mistral.ai",
        """curl --location "https://api.mistral.ai/v1/chat/completions" \\
     --header 'Content-Type: application/json' \\
     --header 'Accept: application/json' \\
     --header "Authorization: Bearer m-0123456789" \\
     --data '{"model": "mistral-large-latest", "messages": [{"role": "user", "content": "{prompt}"}]}' | jq .choices""",
    ),
    Command(
        "huggingface reference",
        "https://router.huggingface.co",
        """curl https://router.huggingface.co/v1/chat/completions \\
        -H 'Authorization: Bearer hf_0123456789' \\
        -H 'Content-Type: application/json' \\
        -d '{"messages":[{"role":"user","content":"{prompt}"}],"model":"openai/gpt-oss-120b:fastest","stream":false}'""",
    ),
    Command(
        "tgi generate",
        "http://tgi.example:8080",
        """curl http://tgi.example:8080/generate -X POST -H 'Content-Type: application/json' \\
    -d '{"inputs":"{prompt}","parameters":{"max_new_tokens":20,"temperature":0.70,"details":true}}'""",
    ),
    Command(
        "ollama without a header",
        "http://localhost:11434",
        """curl http://localhost:11434/api/generate -d '{
  "model": "llama3.2",
  "prompt": "{prompt}",
  "stream": false
}'""",
    ),
    Command(
        "json option",
        "https://bot.example",
        """curl --json '{"tool": "chat", "text": "{prompt}"}' -sS https://bot.example/talk""",
    ),
    Command(
        "chrome copy as curl (bash)",
        "https://chat.example",
        """curl 'https://chat.example/api/conversation?locale=en-US&v=3' \\
  -H 'accept: text/event-stream' \\
  -H 'accept-language: en-US,en;q=0.9,de;q=0.8' \\
  -H 'content-type: application/json' \\
  -b 'session=abc.def_123; theme=dark; _ga=GA1.1.123' \\
  -H 'origin: https://chat.example' \\
  -H 'priority: u=1, i' \\
  -H 'referer: https://chat.example/c/1' \\
  -H 'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"' \\
  -H 'sec-ch-ua-mobile: ?0' \\
  -H 'sec-ch-ua-platform: "Linux"' \\
  -H 'sec-fetch-mode: cors' \\
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' \\
  --data-raw $'{"action":"next","text":"{prompt}","note":"it\\'s \\u0021"}' \\
  --compressed""",
    ),
    Command(
        "firefox copy as curl (posix)",
        "https://chat.example",
        """curl 'https://chat.example/ask' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' -H 'Accept: */*' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' -H 'X-Requested-With: XMLHttpRequest' -H 'Connection: keep-alive' -H 'Pragma: no-cache' --data-raw 'question={prompt}&lang=en&token=a%2Bb%3D'""",
    ),
    Command(
        "browser multipart copy",
        "https://chat.example",
        """curl 'https://chat.example/upload' \\
  -H 'content-type: multipart/form-data; boundary=----WebKitFormBoundaryAbC123' \\
  --data-raw $'------WebKitFormBoundaryAbC123\\r\\nContent-Disposition: form-data; name="message"\\r\\n\\r\\n{prompt}\\r\\n------WebKitFormBoundaryAbC123\\r\\nContent-Disposition: form-data; name="meta"\\r\\n\\r\\n{"a": 1}\\r\\n------WebKitFormBoundaryAbC123--\\r\\n'""",
    ),
    Command(
        "postman export",
        "https://bot.example",
        """curl --location --request POST 'https://bot.example/api/v2/messages' \\
--header 'X-Api-Key: pm-0123456789' \\
--header 'Content-Type: application/json' \\
--header 'Cookie: JSESSIONID=0123ABC' \\
--data-raw '{
    "payload": {
        "text": "{prompt}",
        "tags": ["a", "b"],
        "n": 1.50
    }
}'""",
    ),
    Command(
        "postman form-data",
        "https://bot.example",
        """curl --location 'https://bot.example/form' \\
--header 'Authorization: Basic dXNlcjpwYXNz' \\
--form 'text="{prompt}"' \\
--form 'lang="en;q=1"' \\
--form 'meta="{\\"a\\": 1}";type=application/json'""",
    ),
    Command(
        "postman urlencoded",
        "https://bot.example",
        """curl --location 'https://bot.example/form' \\
--header 'Content-Type: application/x-www-form-urlencoded' \\
--data-urlencode 'text={prompt}' \\
--data-urlencode 'note=a & b + ü'""",
    ),
    Command(
        "slack like form",
        "https://hooks.example",
        """curl -X POST --data-urlencode 'payload={"channel": "#general", "text": "{prompt}"}' https://hooks.example/services/T000/B000/XXXX""",
    ),
    Command(
        "twilio like",
        "https://api.example",
        """curl -X POST https://api.example/2010-04-01/Accounts/AC1/Messages.json \\
--data-urlencode "Body={prompt}" --data-urlencode "From=+15017122661" -d Flag -d 'To=%2B1555' \\
-u 'AC1:auth_token'""",
    ),
    Command(
        "get with a query",
        "https://bot.example",
        """curl -G 'https://bot.example/v1/ask?format=json' --data-urlencode 'q={prompt}' -d limit=1 -H 'Accept: text/plain'""",
    ),
    Command(
        "get by the url alone",
        "https://bot.example",
        """curl -g "https://bot.example/ask/{prompt}/now?x=1" """,
    ),
    Command(
        "plain text",
        "https://bot.example",
        """curl -sSL -XPOST https://bot.example/echo -H'Content-Type: text/plain' --data-binary 'Question: {prompt}
Answer:'""",
    ),
    Command(
        "soap",
        "https://bot.example",
        """curl -X POST 'https://bot.example/soap' -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: "ask"' -d '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><q>{prompt}</q></e:Body></e:Envelope>'""",
    ),
    Command(
        "nested json",
        "https://fn.example",
        """curl -X POST https://fn.example/2015-03-31/functions/function/invocations -H 'Content-Type: application/json' -d '{"body": "{\\"text\\": \\"{prompt}\\", \\"n\\": 1}", "isBase64Encoded": false}'""",
    ),
    Command(
        "graphql",
        "https://gql.example",
        """curl 'https://gql.example/graphql' -H 'content-type: application/json' --data '{"query":"mutation($t: String!) { ask(text: $t) { answer } }","variables":{"t":"{prompt}"}}'""",
    ),
    Command(
        "put with a bearer option",
        "https://bot.example",
        """curl --oauth2-bearer tok-0123456789 -X PUT https://bot.example/state -A 'me/1.0' -e https://ref.example/ --json '{"a":"{prompt}"}' --max-time 30 --retry 2 -o /dev/null -w '%{http_code}'""",
    ),
    Command(
        "prompt in a header and credentials in the url",
        "https://bot.example",
        """curl 'https://bot.example/x' -H 'X-Question: {prompt}' -H 'X-Empty;' -H 'X-Two: a' -H 'X-Two: b' -d ''""",
    ),
    Command(
        "with comments",
        "https://bot.example",
        """# Ask the bot
curl https://bot.example/x --json "{\\"a\\": \\"{prompt}\\", \\"path\\": \\"C:\\\\\\\\x\\"}" # as a user""",
    ),
    Command(
        "dropbox like header",
        "https://bot.example",
        """curl -X POST https://bot.example/2/x --header "Arg: {\\"path\\": \\"/a\\"}" --header 'Content-Type: text/plain; charset=utf-8' --data '{prompt}'""",
    ),
]

CMD_TEXT = (
    'curl ^"https://chat.example/api/ask?a=1^&b=^%^20c^" ^\r\n'
    '  -H ^"accept: */*^" ^\r\n'
    '  -H ^"content-type: application/json^" ^\r\n'
    '  -b ^"session=abc; t=1^" ^\r\n'
    '  -H ^"sec-ch-ua: ^\\^"Chromium^\\^";v=^\\^"140^\\^"^" ^\r\n'
    '  --data-raw ^"^{^\\^"text^\\^":^\\^"^{prompt^}^\\^",^\\^"n^\\^":1^}^"'
)
WINDOWS = [
    Command("chrome copy as curl (cmd)", "https://chat.example", CMD_TEXT),
    Command(
        "older copy as curl (cmd)",
        "https://chat.example",
        'curl "https://chat.example/api/ask?a=1&b=%20c" ^\r\n -H "accept: */*" ^\r\n'
        ' -H "content-type: application/json" ^\r\n -H "Cookie: session=abc; t=1" ^\r\n'
        ' -H "sec-ch-ua: ""Chromium"";v=""140""" ^\r\n'
        ' --data-binary "{""text"":""{prompt}"",""n"":1}" --compressed',
    ),
    Command(
        "windows reference on one line",
        "https://chat.example",
        'curl.exe "https://chat.example/api/ask?a=1&b=%20c" -b "session=abc; t=1" -H "accept: */*"'
        ' -H "content-type: application/json" -H "sec-ch-ua: \\"Chromium\\";v=\\"140\\""'
        ' -d "{\\"text\\":\\"{prompt}\\",\\"n\\":1}"',
    ),
    Command(
        "powershell",
        "https://chat.example",
        "PS C:\\> curl.exe 'https://chat.example/api/ask?a=1&b=%20c' `\r\n  -b 'session=abc; t=1' `\r\n"
        "  -H \"accept: */*\" -H 'content-type: application/json' `\r\n"
        '  -H "sec-ch-ua: `"Chromium`";v=`"140`"" `\r\n'
        '  -d \'{\\"text\\":\\"{prompt}\\",\\"n\\":1}\'',
    ),
]
