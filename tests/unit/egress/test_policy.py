"""Which addresses may be reached."""

import pytest

from quintain.egress.failures import OutboundError
from quintain.egress.policy import EgressPolicy

OPEN = EgressPolicy(["0.0.0.0/0", "::/0", "*.lan", "metadata.google.internal"])
CLOSED = EgressPolicy([])


def refusal(policy, host, address, *, internal):
    with pytest.raises(OutboundError) as caught:
        policy.check(host, address, internal)
    error = caught.value
    assert (error.stage, error.code, error.passing, error.sent) == (
        "egress", "egress_refused", False, False,
    )  # fmt: skip
    return error.message


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::"]
)
@pytest.mark.parametrize("internal", [False, True])
def test_public_addresses_are_open_to_all_models(address, internal):
    CLOSED.check("example.com", address, internal)


NEVER = [
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "febf::1", "fd00:ec2::254", "fd20:ce::254",
    "ff02::1", "ff0e::1",
]  # fmt: skip
NEVER_WRAPPED = [
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "64:ff9b::169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "2002:a9fe:a9fe:1:2:3:4:5",
    "2001:0:a9fe:a9fe::", "2001:0:808:808:0:0:5601:5601", "::ffff:0.0.0.0", "::ffff:100.100.100.200",
    "::ffff:224.0.0.1", "64:ff9b::168.63.129.16", "::ffff:255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("address", NEVER + NEVER_WRAPPED)
@pytest.mark.parametrize("host", ["vllm.lan", "metadata.google.internal", "169.254.169.254"])
def test_metadata_and_the_like_are_refused_whatever_is_listed(address, host):
    for internal in (False, True):
        assert "never connects" in refusal(OPEN, host, address, internal=internal)


PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.0.0.1",
    "192.88.99.1", "::1", "fc00::1", "fd12::1", "fec0::1", "2001:db8::1", "3fff::1", "2001:10::1",
    "5f00::1", "100::1", "4000::1", "64:ff9b:1::1", "::ffff:127.0.0.1", "::127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:808:808::80ff:fffe", "2001:0:7f00:1::f7f7:f7f7",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_inner_addresses_need_both_the_model_and_the_operator(address):
    refusal(CLOSED, "inner", address, internal=False)
    refusal(CLOSED, "inner", address, internal=True)
    refusal(OPEN, "inner", address, internal=False)
    OPEN.check("inner", address, internal=True)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1"]
)
def test_what_is_no_plain_address_is_refused(text):
    refusal(OPEN, "inner", text, internal=True)


def test_the_sentence_names_the_operators_list_where_only_that_is_missing():
    sentence = refusal(CLOSED, "vllm.lan", "10.0.0.7", internal=True)
    assert "QUINTAIN_EGRESS_ALLOW" in sentence
    assert "10.0.0.7" in sentence
    assert "vllm.lan" in sentence
    assert "hosting_type" not in sentence


def test_the_sentence_names_hosting_type_where_only_that_is_missing():
    sentence = refusal(EgressPolicy(["10.0.0.0/8"]), "vllm.lan", "10.0.0.7", internal=False)
    assert "set hosting_type to Internal" in sentence
    assert "QUINTAIN_EGRESS_ALLOW" not in sentence


def test_the_sentence_names_both_where_both_are_missing():
    sentence = refusal(CLOSED, "vllm.lan", "10.0.0.7", internal=False)
    assert "set hosting_type to Internal" in sentence
    assert "QUINTAIN_EGRESS_ALLOW" in sentence


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("10.0.0.0/8", "x", "10.200.0.1"),
        ("127.0.0.1", "x", "127.0.0.1"),
        ("127.0.0.0/8", "x", "::ffff:127.0.0.1"),
        ("::1", "x", "::1"),
        ("[::1]", "x", "::1"),
        ("fd12::/16", "x", "fd12::9"),
        ("vllm.lan", "vllm.lan", "192.168.3.4"),
        ("VLLM.lan.", "vllm.LAN", "192.168.3.4"),
        ("vllm.lan", "vllm.lan.", "192.168.3.4"),
        ("*.lan", "a.b.lan", "192.168.3.4"),
        (" *.lan ", "a.lan", "192.168.3.4"),
        ("localhost", "localhost", "::1"),
    ],
)
def test_an_entry_allows(entry, host, address):
    EgressPolicy([entry]).check(host, address, internal=True)


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("10.0.0.0/16", "x", "10.1.0.1"),
        ("127.0.0.1", "x", "127.0.0.2"),
        ("127.0.0.0/8", "x", "::1"),
        ("vllm.lan", "evil-vllm.lan", "10.0.0.1"),
        ("vllm.lan", "sub.vllm.lan", "10.0.0.1"),
        ("*.lan", "lan", "10.0.0.1"),
        ("*.lan", "evil-lan", "10.0.0.1"),
        ("*.lan", "a.lan.evil.example", "10.0.0.1"),
    ],
)
def test_an_entry_allows_nothing_beside_itself(entry, host, address):
    refusal(EgressPolicy([entry]), host, address, internal=True)


@pytest.mark.parametrize(
    "entry", ["", ".lan", "*", "a*.lan", "10.0.0.1/8", "10.0.0.0/99", "a:b", "1.2"]
)
def test_an_entry_that_means_nothing_is_refused_at_start(entry):
    with pytest.raises(ValueError):
        EgressPolicy([entry])
