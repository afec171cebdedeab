"""Secrets in a stream, also where one is torn over two pieces."""

from hypothesis import assume, given
from hypothesis import strategies as st

from quintain.gateway.faults import redact
from quintain.gateway.redaction import Redactor

SECRETS = (b"sk-0123456789-0123456789", b"aaaaaaab", b"tenant-secret")
PARTS = st.lists(
    st.sampled_from([*SECRETS, b"a", b"sk-01", b"tenant-", b"data: {\n\n", b"\xff", b"b"]),
    max_size=12,
)


def through(data, cuts, secrets=SECRETS):
    redactor = Redactor(secrets)
    places = sorted({min(cut, len(data)) for cut in cuts})
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    return b"".join([redactor.feed(piece) for piece in pieces] + [redactor.rest()])


@given(PARTS.map(b"".join), st.lists(st.integers(0, 200)))
def test_no_secret_passes_however_the_stream_is_cut(data, cuts):
    passed = through(data, cuts)
    assert not any(secret in passed for secret in SECRETS)
    assert passed == redact(data, SECRETS)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_a_stream_without_secrets_passes_byte_for_byte(data, cuts):
    assert through(data, cuts, ()) == data
    if not any(secret in data for secret in SECRETS):
        assert through(data, cuts) == data


def test_a_piece_waits_only_while_it_may_begin_a_secret():
    redactor = Redactor(SECRETS)
    assert redactor.feed(b"data: hello\n\n") == b"data: hello\n\n"
    assert redactor.feed(b"my sk-0") == b"my "
    assert redactor.feed(b"1 is over") == b"sk-01 is over"


@given(
    st.lists(st.binary(min_size=8, max_size=12).filter(lambda b: b[-1] not in b"\r\n"), max_size=3),
    st.data(),
)
def test_what_waits_is_the_longest_beginning_of_a_secret(secrets, data):
    tails = [secret[:n] for secret in secrets for n in range(1, len(secret))] or [b""]
    text = data.draw(st.binary(max_size=10)) + data.draw(st.sampled_from(tails))
    plain = not any(secret in text for secret in secrets) and not text.endswith((b"\n", b"\r"))
    assume(plain)
    passed = Redactor(tuple(secrets)).feed(text)
    longest = max((len(tail) for tail in tails if tail and text.endswith(tail)), default=0)
    assert len(text) - len(passed) == (longest if secrets else 0)
