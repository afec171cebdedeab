"""Signatures, judged by what was written from the AWS documents alone, and against botocore's client."""

import importlib
import logging
import subprocess
import sys

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from tests.served.sigv4 import canonical, is_signed, signed
from tests.unit.dialects.spoken import HI, asking, config_of, said

from quintain.dialects.base import Signer
from quintain.dialects.bedrock import signing as bedrock_signing
from quintain.dialects.bedrock.dialect import BedrockSpeaker
from quintain.dialects.bedrock.signing import region_of
from quintain.egress.head import head_of
from quintain.egress.route import route_of
from quintain.errors import TargetError

CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-v1:0"
ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HEADERS = CIMultiDict({"Content-Type": "application/json", "Accept": "*/*"})


def test_the_judge_agrees_with_the_vector_that_aws_publishes():
    """get-vanilla of AWS's test suite for Signature Version 4."""
    when = "20150830T123600Z"
    headers = {"host": "example.amazonaws.com", "x-amz-date": when}
    request = canonical("GET", "/", headers, b"")
    signature = signed(SECRET, when, "20150830/us-east-1/service/aws4_request", request)
    assert signature == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def speaker(model=CLAUDE, **config):
    return BedrockSpeaker(model, config_of("bedrock", **config))


def arrives(made, outgoing, headers):
    """The request as a server would read it from what egress writes."""
    head = head_of(route_of(outgoing.url), outgoing.method, headers, outgoing.body).decode()
    opening, *lines = head.rstrip().split("\r\n")
    method, target, _ = opening.split(" ")
    return method, target, dict(line.split(": ", 1) for line in lines), outgoing.body


def sent(key=f"{ID}:{SECRET}", made=None, headers=HEADERS, **asked):
    made = made or speaker()
    outgoing = made.outgoing(asking(HI, **asked))
    return arrives(made, outgoing, made.signed(outgoing, headers, key))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [CLAUDE, ARN, "a b/ü~*"])
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"endpoint": {"scheme": "http", "host": "127.0.0.1", "port": 4010}},
        {"endpoint": {"host": "H.Example", "port": 443, "base_path": "/a%20proxy/x"}},
        {"endpoint": {"scheme": "http", "host": "::1", "port": 80}},
        {"paths": {"chat": "/model/{model_name}/converse?b=2&a=%20x&c"}},
    ],
)
def test_what_leaves_is_signed_as_aws_asks(model, config, stream):
    method, target, headers, body = sent(made=speaker(model, **config), stream=stream)
    assert is_signed(SECRET, method, target, headers, body)
    assert not is_signed(SECRET[:-1], method, target, headers, body)
    assert not is_signed(SECRET, method, target, headers, body + b" ")
    assert not is_signed(SECRET, method, target + "x", headers, body)
    assert not is_signed(SECRET, method, target, headers | {"Host": "elsewhere.example"}, body)


@given(
    st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9.:/_-]{0,60}\Z"),
    said,
    st.none() | st.from_regex(r"\A[A-Za-z0-9+/=:]{1,80}\Z"),
    st.sampled_from(["us-east-1", "eu-central-2", "ap-southeast-1"]),
)
def test_every_call_is_signed_as_aws_asks(model, text, token, region):
    made = speaker(model, metadata={"aws_region": region})
    key = f"{ID}:{SECRET}" + (f":{token}" if token else "")
    outgoing = made.outgoing(asking({"role": "user", "content": text}))
    request = arrives(made, outgoing, made.signed(outgoing, HEADERS, key))
    assert is_signed(SECRET, *request)
    headers = request[2]
    assert headers.get("X-Amz-Security-Token") == token
    assert f"/{region}/bedrock/aws4_request" in headers["Authorization"]


def test_headers_of_the_registration_go_along_and_those_of_aws_are_signed():
    given_ones = CIMultiDict(
        {"Content-Type": "application/json", "X-Amzn-Bedrock-Trace": "on", "X-Amz-Meta": "a  b",
         "Host": "elsewhere.example", "Authorization": "of old", "X-Amz-Date": "19990101T000000Z"}
    )  # fmt: skip
    method, target, headers, body = sent(headers=given_ones)
    assert is_signed(SECRET, method, target, headers, body)
    assert headers["X-Amzn-Bedrock-Trace"] == "on"
    assert headers["Host"] == "bedrock-runtime.us-east-1.amazonaws.com"
    assert headers["X-Amz-Date"] > "2020"


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_the_signature_is_that_of_awss_own_client(operation, monkeypatch):
    """Both sign one request at one moment: the same region, service, path and signature come out."""
    caught = {}
    session = botocore.session.Session()
    session.set_credentials(ID, SECRET, "token")
    client = session.create_client("bedrock-runtime", region_name="eu-west-1")

    def catch(request: AWSRequest, **_):
        caught["request"] = request
        raise InterruptedError

    client.meta.events.register("before-send", catch)
    call = client.converse if operation == "Converse" else client.converse_stream
    with pytest.raises(InterruptedError):
        call(modelId=ARN, messages=[{"role": "user", "content": [{"text": "hi"}]}])
    theirs = caught["request"]
    auth = importlib.import_module("botocore.auth")
    header = {k: v.decode() if isinstance(v, bytes) else v for k, v in theirs.headers.items()}
    when = auth.datetime.datetime.strptime(header["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    monkeypatch.setattr(auth, "get_current_datetime", lambda: when)
    made = speaker(ARN, metadata={"aws_region": "eu-west-1"})
    outgoing = made.outgoing(asking(HI, stream=operation == "ConverseStream"))
    outgoing.body = theirs.body
    ours = made.signed(outgoing, HEADERS, f"{ID}:{SECRET}:token")
    assert str(outgoing.url) == theirs.url
    for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
        assert ours[name] == header[name]


@pytest.mark.parametrize(
    ("config", "header", "value"),
    [
        ({}, "Authorization", "Bearer ABSKexample=="),
        ({"auth_data": {"header_name": "x-key", "header_prefix": ""}}, "x-key", "ABSKexample=="),
    ],
)
def test_a_key_of_bedrock_itself_travels_as_it_is(config, header, value):
    headers = sent("ABSKexample==", speaker(**config))[2]
    assert headers[header] == value
    assert "X-Amz-Date" not in headers


def test_without_a_key_nothing_is_signed():
    headers = sent("")[2]
    assert not {"Authorization", "X-Amz-Date"} & set(headers)


def test_the_headers_given_are_left_as_they_are():
    before = HEADERS.copy()
    sent()
    assert before == HEADERS


@pytest.mark.parametrize(
    ("config", "region"),
    [
        ({}, "us-east-1"),
        ({"endpoint": {"host": "bedrock-runtime.eu-west-3.amazonaws.com"}}, "eu-west-3"),
        ({"endpoint": {"host": "bedrock-runtime-fips.us-gov-west-1.amazonaws.com"}}, "us-gov-west-1"),
        ({"endpoint": {"host": "Bedrock-Runtime.cn-north-1.amazonaws.com.cn"}}, "cn-north-1"),
        ({"endpoint": {"host": "vpce-1-2.bedrock-runtime.eu-west-1.vpce.amazonaws.com"}}, "eu-west-1"),
        ({"endpoint": {"host": "bedrock.example"}}, "us-east-1"),
        ({"endpoint": {"host": "bedrock.example"}, "metadata": {"aws_region": "sa-east-1"}}, "sa-east-1"),
        ({"metadata": {"aws_region": "sa-east-1"}}, "sa-east-1"),
    ],
)  # fmt: skip
def test_the_region_is_that_of_the_registration_else_that_of_the_host(config, region):
    assert region_of(config_of("bedrock", **config)) == region


def test_it_is_a_signer():
    assert isinstance(speaker(), Signer)


def test_without_botocore_a_call_says_what_to_install(monkeypatch):
    bedrock_signing._botocore.cache_clear()
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(TargetError, match=r"pip install 'quintain\[bedrock\]'"):
        sent()


def test_what_is_signed_is_never_logged(caplog):
    bedrock_signing._botocore.cache_clear()
    with caplog.at_level(logging.DEBUG):
        sent(f"{ID}:{SECRET}:the-session-token")
    assert "the-session-token" not in caplog.text


def test_botocore_is_not_imported_before_a_call_needs_it():
    program = "import sys, quintain.dialects.table, quintain.http.serve; sys.exit('botocore' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
