"""Secrets in a stream, also where one is torn over two pieces."""

from hypothesis import given
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
