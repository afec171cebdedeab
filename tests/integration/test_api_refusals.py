"""Every refusal of the control plane has its status, its stable code and one shape."""

import http.client
import json

import pytest
from yarl import URL

from tests.served.quintain import ADMIN_KEY
from tests.served.shapes import accepted, changed, refused

ADD = ("POST", "/models/add-model")
BODY_LIMIT = 1 << 20


def raw(name, config=b""):
    """The body of a valid registration, with more bytes in its model_config."""
    head = f'{{"model_saved_name":"{name}","model_version":"v1","model_name":"m","model_config":'
    return head.encode() + b'{"model_provider":"together"' + config + b"}}"


def nested(depth, opening=b"[", closing=b"]", core=b""):
    return b',"metadata":{"x":' + opening * depth + core + closing * depth + b"}"


class TestFields:
    def test_all_errors_are_told_at_once_by_their_full_path(self, quintain, name):
        wrong = {
            "model_saved_name": " ",
            "model_version": "v" * 65,
            "testing_for": "fun",
            "certifications": [1],
            "unheard_of": 1,
            "model_config": {
                "model_provider": "acme",
                "hosting_type": "Elsewhere",
                "rate_per_min": "20",
                "rate_per_minute": 20,
                "input_modalities": ["smell"],
                "endpoint": {"scheme": "ftp", "host": "user@host", "port": 70000, "path": "/"},
                "paths": {"chat": "/a b"},
                "apikeys": ["fine", 7],
                "custom_headers": [{"key": "X A", "value": "line\r\nbreak"}, {"value": "x"}],
                "custom_response_content_type": "xml",
                "tools": [{"description": "nameless"}],
                "context": {"system_description": "x" * 2001},
                "metadata": {"timeouts": {"read_s": 0}, "session": {"kind": "sticky"}},
            },
        }

        details = refused(quintain.call(*ADD, wrong), 422, "invalid")

        config = {
            "model_provider", "hosting_type", "rate_per_min", "rate_per_minute",
            "input_modalities.0", "endpoint.scheme", "endpoint.host", "endpoint.port",
            "endpoint.path", "paths.chat", "apikeys.1", "custom_headers.0.key",
            "custom_headers.0.value", "custom_headers.1.key", "custom_response_content_type",
            "tools.0.name", "context.system_description", "metadata.timeouts.read_s",
            "metadata.session.kind",
        }  # fmt: skip
        assert set(details) == {f"model_config.{path}" for path in config} | {
            "model_saved_name", "model_version", "testing_for", "certifications.0", "unheard_of",
        }  # fmt: skip

    def test_what_is_required_is_named(self, quintain):
        details = refused(quintain.call(*ADD, {}), 422, "invalid")

        assert set(details) == {"model_saved_name", "model_version", "model_name", "model_config"}

    @pytest.mark.parametrize("purpose", ["chatbotsAndCopilots", "agents"])
    def test_model_name_is_required_for_foundation_models_alone(self, quintain, name, purpose):
        body = json.loads(raw(name)) | {"testing_for": purpose, "model_name": None}

        changed(quintain.call(*ADD, body), "added")
        foundation = body | {"testing_for": "foundationModels"}
        assert set(refused(quintain.call(*ADD, foundation), 422, "invalid")) == {"model_name"}

    @pytest.mark.parametrize(
        ("given", "path", "hint"),
        [
            ({"rate_per_minute": 20}, "model_config.rate_per_minute", "rate_per_min"),
            ({"endpoint": {"hostname": "x"}}, "model_config.endpoint.hostname", "host"),
            ({"tools": [{"name": "a", "parameter": {}}]}, "model_config.tools.0.parameter", "parameters"),
        ],
    )  # fmt: skip
    def test_an_unknown_field_comes_with_the_nearest_known_name(
        self, quintain, name, given, path, hint
    ):
        body = json.loads(raw(name))
        body["model_config"] |= given

        details = refused(quintain.call(*ADD, body), 422, "invalid")

        field = path.rpartition(".")[2]
        assert details == {path: f"unknown field {field}: did you mean {hint}?"}

    @pytest.mark.parametrize(
        ("config", "field"),
        [
            (
                {"model_auth_type": "jwt", "model_jwt_config": {"jwt_url": ""}},
                "model_config.model_jwt_config.jwt_url",
            ),
            ({"custom_curl_command": "curl https://x.example"}, "model_config.custom_curl_command"),
        ],
    )
    def test_what_would_be_stored_and_change_nothing_is_refused(
        self, quintain, name, config, field
    ):
        body = json.loads(raw(name))
        body["model_config"] |= config

        assert field in refused(quintain.call(*ADD, body), 422, "invalid")

    def test_a_wrong_jq_program_is_told_with_jq_s_own_sentence(self, quintain, name, target):
        body = json.loads(raw(name))
        body["model_config"] = target.custom(custom_response_format=".answer.[")

        details = refused(quintain.call(*ADD, body), 422, "invalid")

        assert "syntax error" in details["model_config.custom_response_format"]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/redteam/v3/model-health", {}),
            ("POST", "/redteam/v3/model-health", {"endpoint_configuration": []}),
            ("POST", "/redteam/model-health", {"endpoint_configuration": {}}),
            ("GET", "/models/get-model", None),
            ("PATCH", "/models/modify-model", {}),
            ("DELETE", "/models/delete-model", None),
            ("GET", "/models/history", None),
            ("POST", "/redteam/v3/model/model-health", None),
            ("POST", "/keys", {"role": "king", "expires_in_s": 0, "colour": 1}),
        ],
    )
    def test_every_call_names_what_it_misses(self, quintain, method, path, body):
        assert refused(quintain.call(method, path, body), 422, "invalid")


class TestHostileBodies:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "invalid_json"),
            (b"{", "invalid_json"),
            (b"model_saved_name=x", "invalid_json"),
            (b"[]", "invalid_json"),
            (b"null", "invalid_json"),
            (b'"text"', "invalid_json"),
            (b'{"model_config": NaN}', "invalid_json"),
            (b'{"model_config": -Infinity}', "invalid_json"),
            (b'{"model_config": 1e999}', "invalid_json"),
            (b'{"model_config": ' + b"9" * 5000 + b"}", "invalid_json"),
            (b'{"model_saved_name": "\\ud800"}', "invalid_json"),
            (b'{"\\udc00": 1}', "invalid_json"),
            (b'{"model_saved_name": "\xff"}', "invalid_json"),
            (b'\xef\xbb\xbf{"model_saved_name": "bom"}', "invalid_json"),
            (b"[" * 100_000, "invalid_json"),
            (raw("deep", nested(101)), "too_deeply_nested"),
            (raw("deep", nested(1000)), "too_deeply_nested"),
            (raw("deep", nested(300, b'{"a":', b"}", b"1")), "too_deeply_nested"),
        ],
        ids=range(18),
    )
    @pytest.mark.parametrize(
        "call",
        [ADD, ("PATCH", "/models/modify-model"), ("POST", "/keys"),
         ("POST", "/redteam/v3/model-health"), ("POST", "/redteam/model-health")],
    )  # fmt: skip
    def test_what_is_no_json_object_is_refused(self, quintain, call, body, code):
        assert (
            refused(quintain.call(*call, body, headers={"X-Enkrypt-Model": "x"}), 400, code) == {}
        )

    def test_nesting_as_deep_as_is_allowed_comes_back_whole(self, quintain, name):
        data = changed(quintain.call(*ADD, raw(name, nested(97))), "added")

        assert json.dumps(data["model_config"]["metadata"]["x"]) == "[" * 97 + "]" * 97

    def test_of_a_key_given_twice_the_last_counts(self, quintain, name):
        sent = raw(name, b',"rate_per_min":1,"rate_per_min":2')

        assert changed(quintain.call(*ADD, sent), "added")["model_config"]["rate_per_min"] == 2

    def test_nul_in_free_text_comes_back_as_it_was(self, quintain, name):
        sent = raw(name, b',"metadata":{"a\\u0000b":"\\u0000"},"system_prompt":"x\\u0000y"')

        config = changed(quintain.call(*ADD, sent), "added")["model_config"]

        assert config["metadata"] == {"a\0b": "\0"}
        assert config["system_prompt"] == "x\0y"

    @pytest.mark.parametrize("field", ["model_saved_name", "model_version", "model_name"])
    def test_nul_in_a_name_is_refused(self, quintain, name, field):
        body = json.loads(raw(name)) | {field: "a\0b"}

        assert set(refused(quintain.call(*ADD, body), 422, "invalid")) == {field}

    @pytest.mark.parametrize("number", [b"99999999999999999999", b"-1", b"0", b"1.0", b"true"])
    def test_a_number_out_of_range_is_a_field_error(self, quintain, name, number):
        sent = raw(name, b',"rate_per_min":' + number)

        details = refused(quintain.call(*ADD, sent), 422, "invalid")

        assert set(details) == {"model_config.rate_per_min"}

    @pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "%00", "%F0%9F%98%80", "-1"])
    def test_no_key_has_an_id_that_no_store_could_hold(self, quintain, number):
        refused(quintain.call("DELETE", f"/keys/{number}"), 404, "key_not_found")

    @pytest.mark.parametrize("named", ["x" * 129, "x" * 8000, b"\xff\xfe", b"\xed\xa0\x80"])
    @pytest.mark.parametrize("path", ["/models/get-model", "/models/history"])
    def test_a_name_that_no_model_can_have_is_not_found(self, quintain, named, path):
        answer = quintain.call("GET", path, headers={"X-Enkrypt-Model": named})

        refused(answer, 404, "model_not_found")


class TestEnvelope:
    def test_a_body_over_the_limit_is_refused_and_the_connection_stays_sane(self, quintain, name):
        padding = b'"' + b"x" * (BODY_LIMIT - len(raw(name, b',"model_source":""'))) + b'"'

        over = quintain.call(*ADD, raw(name, b',"model_source":' + padding + b" "))
        refused(over, 413, "too_large")
        exactly = quintain.call(*ADD, raw(name, b',"model_source":' + padding))
        assert set(refused(exactly, 422, "invalid")) == {"model_config.model_source"}

    def test_a_body_over_the_limit_is_refused_when_it_comes_in_pieces(self, quintain):
        def pieces():
            for _ in range(40):
                yield b" " * (BODY_LIMIT // 32)

        url = URL(quintain.url)
        connection = http.client.HTTPConnection(url.host, url.port, timeout=10)
        sent = {"apikey": ADMIN_KEY, "content-type": "application/json"}
        connection.request("POST", ADD[1], body=pieces(), headers=sent, encode_chunked=True)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()

        assert (answer.status, body["error"]) == (413, "too_large")

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_a_body_of_another_kind_is_refused(self, quintain, kind):
        answer = quintain.call(*ADD, b"{}", headers={"content-type": kind})

        refused(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
    def test_the_kind_may_be_written_as_http_allows(self, quintain, kind):
        answer = quintain.call(*ADD, b"{}", headers={"content-type": kind})

        refused(answer, 422, "invalid")

    @pytest.mark.parametrize(
        "path", ["/", "/nope", "/models", "/models/get-model/", "/sdk", "/%00"]
    )
    def test_an_unknown_path_is_not_found(self, quintain, path):
        refused(quintain.call("GET", path), 404, "not_found")

    def test_a_wrong_method_says_which_one_is_right(self, quintain):
        answer = quintain.call("GET", ADD[1])

        refused(answer, 405, "method_not_allowed")
        assert "POST" in answer.json()["message"]

    @pytest.mark.parametrize(
        "path", ["/healthz", "/readyz", "/metrics", "/models/list-models", "/v1/models"]
    )
    def test_head_answers_as_get_without_the_body(self, quintain, path):
        answer = quintain.call("HEAD", path)

        assert answer.status_code == 200
        assert answer.content == b""

    def test_every_answer_has_a_request_id_of_its_own(self, quintain):
        answers = [quintain.call("GET", "/models/list-models") for _ in range(3)]

        assert len({each.headers["x-request-id"] for each in answers}) == 3
        accepted(answers[0])
