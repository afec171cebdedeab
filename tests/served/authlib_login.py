"""A token server made of Authlib, for a process of its own: prints its port, then serves.

It knows one client, whose id and secret are its arguments, and asks the token back at `/whoami`.
"""

from __future__ import annotations

import sys
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask, jsonify
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = sys.argv[1:3]
AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class Client(ClientMixin):
    client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(part for part in (scope or "").split() if part == "chat")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class Token(TokenMixin):
    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def get_scope(self) -> str:
        return self.told.get("scope", "")

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


class Grant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string: str) -> Token | None:
        return GIVEN.get(token_string)


GIVEN: dict[str, Token] = {}
app = Flask(__name__)
server = AuthorizationServer(
    app,
    query_client=lambda client_id: Client() if client_id == CLIENT_ID else None,
    save_token=lambda token, _: GIVEN.update({token["access_token"]: Token(token)}),
)
server.register_grant(Grant)
guard = ResourceProtector()
guard.register_token_validator(Validator())


@app.post("/token")
def token() -> Any:
    return server.create_token_response()


@app.post("/v1/chat/completions")
@guard("chat")
def chat() -> Any:
    message = {"role": "assistant", "content": f"scope {current_token.get_scope()}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return jsonify(id="x", object="chat.completion", created=1, model="m", choices=[choice])


@app.get("/given")
def given() -> Any:
    return jsonify(len(GIVEN))


if __name__ == "__main__":
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    print(serving.port, flush=True)
    serving.serve_forever()
