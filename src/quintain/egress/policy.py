"""Which addresses outgoing traffic may reach.

Judged is always a resolved address, never the text of a URL: whatever spelling a host had
(decimal, octal, a name), what counts is where the connection would go.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING

from quintain.egress.failures import OutboundError

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Never reached, whatever the operator lists: the clouds' metadata services and what they are
# reached through, and addresses that name no single machine.
_NEVER: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), what)
    for text, what in (
        ("0.0.0.0/8", "an unspecified address"),
        ("169.254.0.0/16", "a link-local or cloud metadata address"),
        ("100.100.100.200/32", "a cloud metadata address"),  # Alibaba
        ("168.63.129.16/32", "a cloud metadata address"),  # Azure; a public address otherwise
        ("192.0.0.192/32", "a cloud metadata address"),  # Oracle
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved or broadcast address"),
        ("::/128", "an unspecified address"),
        ("fe80::/10", "a link-local address"),
        ("fd00:ec2::/32", "a cloud metadata address"),  # AWS
        ("fd20:ce::254/128", "a cloud metadata address"),  # Google
        ("ff00::/8", "a multicast address"),
    )
)

# IANA's special-purpose registries, spelled out: `is_global` alone depends on the patch level of
# the Python that runs. IPv6 is turned round: only 2000::/3 is given out as global unicast.
_NOT_GLOBAL_4 = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24",
    )
)  # fmt: skip
_NOT_GLOBAL_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def _embedded(address: IPv6Address) -> tuple[Address, ...]:
    """Unwrap the IPv4 addresses that an IPv6 address would be carried to, if any.

    IPv4-mapped and -compatible (RFC 4291, 2.5.5), NAT64 (RFC 6052, 2.1), 6to4 (RFC 3056), Teredo
    (RFC 4380, 4: the server's and the client's address).
    """
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return ()


def _is_global(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in net for net in _NOT_GLOBAL_4)
    return address in _GLOBAL_6 and not any(address in net for net in _NOT_GLOBAL_6)


def _judge(text: str) -> tuple[tuple[Address, ...], str | None, bool]:
    """Tell (what the address really is, why it is never reached or None, if it is public)."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return (), "not an address in its usual spelling", False
    real = (isinstance(address, IPv6Address) and _embedded(address)) or (address,)
    never = next((what for net, what in _NEVER for one in (address, *real) if one in net), None)
    return real, never, all(map(_is_global, real))


class EgressPolicy:
    """What the operator allows beyond the public internet.

    allow: CIDRs (`10.1.0.0/16`), addresses, host names (`vllm.lan`) and suffixes (`*.lan`, which
    does not cover `lan` itself). Raises ValueError for an entry that is none of these.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        self._suffixes: tuple[str, ...] = ()
        for entry in allow:
            self._add(entry.strip())

    def _add(self, entry: str) -> None:
        name = entry.lower().rstrip(".")
        if name.startswith("*."):
            self._suffixes += (name[1:],)
        elif "/" in entry or ":" in entry or entry.replace(".", "").isdigit():
            self._networks.append(ip_network(entry.strip("[]")))
        elif name and not name.startswith(".") and "*" not in name:
            self._names.add(name)
        else:
            raise ValueError(f"{entry!r} is not a CIDR, an address, a host name or `*.suffix`")

    def _allows(self, host: str, addresses: tuple[Address, ...]) -> bool:
        name = host.lower().rstrip(".")
        if name in self._names or name.endswith(self._suffixes):
            return True
        return all(any(one in net for net in self._networks) for one in addresses)

    def check(self, host: str, address: str, internal: bool) -> None:
        """Raise OutboundError (stage `egress`, code `egress_refused`) unless it may be reached.

        host: as the URL names it. address: what it resolved to. internal: the model's
        hosting_type is Internal.
        """
        real, never, public = _judge(address)
        where = host if host == address else f"{host} ({address})"
        if never is not None:
            raise _refused(f"{where} is {never}, which quintain never connects to.")
        if public:
            return
        allowed = self._allows(host, real)
        if not (internal and allowed):
            raise _refused(_what_is_missing(where, host, address, internal, allowed))


def _what_is_missing(where: str, host: str, address: str, internal: bool, allowed: bool) -> str:
    hosting = "set hosting_type to Internal"
    listing = (
        f"the operator must list {address}" + (f" or {host}" if host != address else "")
    ) + " in QUINTAIN_EGRESS_ALLOW"
    wall = f"{where} is a private or loopback address"
    if allowed:
        return f"{wall}, which the operator allows for internal models only: {hosting}."
    if internal:
        return f"{wall} that is not in the operator's egress list: {listing}."
    return f"{wall}. If the target is your own, {hosting}, and {listing}."


def _refused(sentence: str) -> OutboundError:
    return OutboundError("egress", sentence, code="egress_refused")
