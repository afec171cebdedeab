"""Realistic sources of every kind, each written for these tests."""

SAMPLES = {
    "openai-curl": r"""curl https://api.openai.com/v1/chat/completions \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
  -d '{"model":"gpt-4o","messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Hi"}],"temperature":0.2,"stream":true}' """,
    "anthropic": r"""curl https://api.anthropic.com/v1/messages -H "x-api-key: sk-ant-api03-abcdef0123456789xyz" -H "anthropic-version: 2023-06-01" -H "content-type: application/json" -d '{"model":"claude-sonnet-4-5","max_tokens":1024,"system":"Be terse","messages":[{"role":"user","content":"Hello"}]}' """,
    "gemini": r"""curl "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent?key=AIzaSyD1234567890abcdefghijklmn" -H 'Content-Type: application/json' -X POST -d '{"contents":[{"parts":[{"text":"Explain"}]}]}' """,
    "azure": r"""curl "https://acme.openai.azure.com/openai/deployments/gpt4o-prod/chat/completions?api-version=2024-10-21" -H "api-key: 0123456789abcdef0123456789abcdef" -H "Content-Type: application/json" -d '{"messages":[{"role":"user","content":"Hello"}]}' """,
    "custom": r"""curl 'https://bot.example.com/api/v2/chat?lang=en&token=tok_9f8e7d6c5b4a3210' -H 'accept: */*' -H 'authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc' -H 'cookie: sid=abc123; theme=dark' -H 'sec-ch-ua: x' -H 'user-agent: Mozilla' -H 'x-tenant: acme' --data-raw '{"question":"What is my balance?","session_id":"5f2b8c1e-0c5e-4b6e-9f3e-111111111111","stream":true,"api_key":"sk-live-0123456789abcdef"}' """,
    "get": r"""curl -G https://bot.example.com/ask --data-urlencode "q=how are you" -d lang=en -H 'X-API-Key: k-0123456789' """,
    "form": r"""curl -u user:pass123 https://bot.example.com/ask -d 'message=hello there&lang=en' """,
    "multipart": r"""curl https://bot.example.com/ask -F 'message=hello there' -F lang=en""",
    "vllm": r"""curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' -d '{"model":"llama3","messages":[{"role":"user","content":"Hi"}]}' """,
    "raw": r"""POST /chat HTTP/1.1
Host: bot.example.com
Content-Type: application/json
Content-Length: 33

{"message": "hi", "user": {"id": 3}}""",
    "garak": r"""{
 "rest": {
  "RestGenerator": {
   "name": "example service",
   "uri": "https://example.ai/llm",
   "method": "post",
   "headers": {
    "X-Authorization": "$KEY"
   },
   "req_template_json_object": {
    "text": "$INPUT"
   },
   "response_json": true,
   "response_json_field": "$.data[0].text"
  }
 }
}""",
    "litellm": r"""model_list:
  - model_name: gpt-4o
    litellm_params: {model: azure/gpt-4o-eu, api_base: https://my-endpoint.openai.azure.com/, api_key: os.environ/AZURE_API_KEY, api_version: "2024-10-21", rpm: 6}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: sk-proj-abcdef0123456789}
  - model_name: vllm
    litellm_params: {model: openai/llama3, api_base: http://10.0.0.5:8000/v1, api_key: none}
  - model_name: claude
    litellm_params: {model: bedrock/anthropic.claude-3, aws_access_key_id: AKIAABCDEFGHIJKLMNOP, aws_secret_access_key: abcdefghijklmno0123456789ABCDEFGHIJKLMNOP, aws_region_name: eu-west-1}
  - model_name: '*'
    litellm_params: {model: 'openai/*'}
  - model_name: g
    litellm_params: {model: vertex_ai/gemini-2.0-flash}
  - model_name: x
    litellm_params: {model: sagemaker/foo}
  - model_name: or
    litellm_params: {model: openrouter/meta-llama/llama-3-70b, api_key: os.environ/OR}""",
    "promptfoo": r"""providers:
  - openai:chat:gpt-4o
  - id: anthropic:messages:claude-sonnet-4-5
    config: {apiKey: "{{env.K}}", max_tokens: 100}
  - id: https
    label: my bot
    config:
      url: https://example.com/generate
      method: POST
      headers: {Authorization: "Bearer {{env.TOKEN}}", Content-Type: application/json}
      body: {myPrompt: "{{prompt}}", sid: "{{sessionId}}"}
      transformResponse: json.choices[0].message.content
      sessionParser: 'data.headers["x-session-id"]'
  - id: https
    config:
      useHttps: true
      request: |
        POST /v1/completions HTTP/1.1
        Host: api.example.com
        Content-Type: application/json
        Authorization: Bearer abcdefghijk

        {"model": "llama", "prompt": {{prompt | dump}}, "max_tokens": 100}
      transformResponse: "(json) => json.content.toUpperCase()"
  - azure:chat:dep
  - file://x.py""",
    "postman": r"""{
 "info": {
  "name": "c",
  "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
 },
 "auth": {
  "type": "bearer",
  "bearer": [
   {
    "key": "token",
    "value": "{{tok}}"
   }
  ]
 },
 "variable": [
  {
   "key": "base",
   "value": "https://bot.example.com"
  },
  {
   "key": "tok",
   "value": "abcdef-real-token-1"
  }
 ],
 "item": [
  {
   "name": "folder",
   "item": [
    {
     "name": "Ask",
     "request": {
      "method": "POST",
      "header": [],
      "url": {
       "raw": "{{base}}/v1/ask",
       "host": [
        "{{base}}"
       ],
       "path": [
        "v1",
        "ask"
       ]
      },
      "body": {
       "mode": "raw",
       "raw": "{\"question\": \"hi\"}",
       "options": {
        "raw": {
         "language": "json"
        }
       }
      }
     },
     "response": [
      {
       "code": 200,
       "body": "{\"answer\":{\"text\":\"Hello there\"},\"id\":\"x\"}"
      }
     ]
    },
    {
     "name": "Login",
     "request": {
      "method": "POST",
      "url": "{{base}}/login",
      "body": {
       "mode": "urlencoded",
       "urlencoded": [
        {
         "key": "user",
         "value": "a"
        }
       ]
      }
     }
    }
   ]
  },
  {
   "name": "Form chat",
   "request": {
    "method": "POST",
    "url": "{{base}}/chat/form",
    "auth": {
     "type": "noauth"
    },
    "body": {
     "mode": "urlencoded",
     "urlencoded": [
      {
       "key": "message",
       "value": "hi"
      },
      {
       "key": "u",
       "value": "{{unk}}"
      }
     ]
    }
   }
  }
 ]
}""",
    "har": r"""{
 "log": {
  "version": "1.2",
  "entries": [
   {
    "request": {
     "method": "GET",
     "url": "https://x.example.com/app.js",
     "headers": []
    },
    "response": {
     "status": 200,
     "content": {
      "mimeType": "application/javascript",
      "text": "x"
     }
    }
   },
   {
    "request": {
     "method": "POST",
     "url": "https://x.example.com/analytics/collect",
     "headers": [],
     "postData": {
      "mimeType": "application/json",
      "text": "{\"event\":\"message sent\"}"
     }
    },
    "response": {
     "status": 200,
     "content": {
      "mimeType": "application/json",
      "text": "{}"
     }
    }
   },
   {
    "request": {
     "method": "POST",
     "url": "https://x.example.com/api/conversation",
     "headers": [
      {
       "name": ":authority",
       "value": "x"
      },
      {
       "name": "X-CSRF-Token",
       "value": "csrf-9f8e7d6c5b4a"
      },
      {
       "name": "Cookie",
       "value": "a=b"
      }
     ],
     "postData": {
      "mimeType": "application/json",
      "text": "{\"messages\":[{\"id\":\"1\",\"role\":\"user\",\"content\":\"Hi you\",\"parts\":[{\"type\":\"text\",\"text\":\"Hi you\"}]}],\"stream\":true}"
     }
    },
    "response": {
     "status": 200,
     "content": {
      "mimeType": "text/event-stream",
      "text": "data: {\"type\":\"start\",\"id\":\"a\"}\n\ndata: {\"type\":\"delta\",\"delta\":\"Hello \"}\n\ndata: {\"type\":\"delta\",\"delta\":\"there friend\"}\n\ndata: [DONE]\n\n"
     }
    }
   }
  ]
 }
}""",
    "openapi": r"""openapi: 3.1.0
info: {title: Bot, version: "1"}
servers:
  - url: https://{region}.bot.example.com/api
    variables: {region: {default: eu}}
security: [{oauth: [chat.write]}]
paths:
  /health: {get: {responses: {200: {description: ok}}}}
  /documents: {post: {operationId: upload, requestBody: {content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}, responses: {}}}
  /tenants/{tenant}/chat:
    post:
      operationId: sendMessage
      parameters:
        - {name: tenant, in: path, required: true, schema: {type: string, default: acme}}
        - {name: X-Client, in: header, required: true, schema: {type: string, enum: [web]}}
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Ask'}
      responses:
        '200':
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Reply'}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://login.example.com/token, scopes: {}}}}
  schemas:
    Ask:
      type: object
      required: [message, channel]
      properties:
        message: {type: string}
        channel: {type: string, enum: [web, app]}
        parent: {$ref: '#/components/schemas/Ask'}
    Reply:
      type: object
      properties:
        id: {type: string}
        reply: {type: object, properties: {text: {type: string}, parent: {$ref: '#/components/schemas/Reply'}}}""",
}
