"""What can go wrong on the way to a target, each as one sentence that says what to do.

No sentence holds more of a URL than host and port: paths and queries may carry secrets.
"""

from __future__ import annotations

import os
import socket
import ssl

from quintain.errors import TargetError

# OpenSSL's X509_V_ERR_* (openssl/x509_vfy.h), as `SSLCertVerificationError.verify_code`.
_EXPIRED, _NOT_YET, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
_SELF_SIGNED = frozenset({18, 19})
_PASSING_DNS = frozenset({socket.EAI_AGAIN, socket.EAI_MEMORY, socket.EAI_SYSTEM})


class OutboundError(TargetError):
    """A TargetError of the way there.

    sent: the request, or a part of it, may have reached the target. False means that it surely
    did not, so the call has cost the target nothing.
    """

    sent: bool = False

    def after_sending(self) -> OutboundError:
        self.sent = True
        return self


def not_resolved(host: str, error: OSError | UnicodeError) -> OutboundError:
    passing = isinstance(error, OSError) and error.errno in _PASSING_DNS
    hint = (
        "the name server did not answer; try again, or check the network of this machine"
        if passing
        else "check the spelling of endpoint.host"
    )
    return OutboundError("dns", f"{host} does not resolve to an address: {hint}.", passing=passing)


def not_connected(where: str, error: OSError) -> OutboundError:
    why = os.strerror(error.errno) if error.errno else "no connection"
    return OutboundError(
        "connect",
        f"No connection to {where} ({why}): check that the target is running and that "
        "endpoint.host and endpoint.port are right.",
        passing=True,
    )


def dropped(where: str) -> OutboundError:
    return OutboundError(
        "connect",
        f"{where} closed the connection as soon as it was open: try again, or look into the "
        "target's log.",
        passing=True,
    )


_HANGING = {
    "pool": ("egress_busy", "connect", "all outgoing connections are in use; try again later"),
    "dns": ("target_dns_timeout", "dns", "the name server did not answer in time"),
    "connect": ("target_connect_timeout", "connect", "check host, port and firewall"),
    "tls": ("target_tls_timeout", "tls", "the TLS handshake did not end; check scheme and port"),
}


def hanging(step: str, where: str, seconds: float) -> OutboundError:
    """Say that a wait before the request could go out ran past its deadline.

    step: `pool` (for a free connection), `dns`, `connect` or `tls`.
    """
    code, stage, hint = _HANGING[step]
    return OutboundError(
        stage,
        f"No connection to {where} within {seconds:g} s: {hint}.",
        code=code,
        passing=True,
        status=503 if step == "pool" else 504,
    )


def closing() -> OutboundError:
    return OutboundError(
        "connect",
        "quintain is shutting down: try again later.",
        code="shutting_down",
        passing=True,
        status=503,
    )


def bad_tls(where: str, error: OSError) -> OutboundError:
    """error: an ssl.SSLError, or an OSError that ended the handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutboundError("tls", _certificate(where, error), code="target_certificate")
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "TLS failed").replace("_", " ").lower()
        return OutboundError(
            "tls",
            f"TLS with {where} failed ({reason}): check that endpoint.scheme and endpoint.port "
            "belong together; `http` is for targets without TLS.",
        )
    return OutboundError(
        "tls",
        f"{where} closed the connection during the TLS handshake: check that endpoint.port "
        "speaks TLS, and try again.",
        passing=True,
    )


def _certificate(where: str, error: ssl.SSLCertVerificationError) -> str:
    trust = "add the authority's certificate to the file named by QUINTAIN_CA_FILE"
    if error.verify_code == _EXPIRED:
        return f"The certificate of {where} has expired: renew it on the target."
    if error.verify_code == _NOT_YET:
        return f"The certificate of {where} is not valid yet: check the clocks of both machines."
    if error.verify_code in (_WRONG_NAME, _WRONG_ADDRESS):
        return (
            f"The certificate of {where} was issued for another name: use the name in the "
            "certificate as endpoint.host."
        )
    if error.verify_code in _SELF_SIGNED:
        return f"The certificate of {where} is self-signed or from an unknown authority: {trust}."
    return f"The certificate of {where} cannot be verified ({error.verify_message}): {trust}."


def silent(where: str, seconds: float) -> OutboundError:
    return OutboundError(
        "http",
        f"{where} sent nothing for {seconds:g} s: raise metadata.timeouts.read_s if the target "
        "needs longer.",
        code="target_read_timeout",
        passing=True,
        status=504,
    ).after_sending()


def disconnected(where: str, moment: str) -> OutboundError:
    """moment: `before its answer` or `in the middle of its answer`."""
    return OutboundError(
        "http",
        f"{where} closed the connection {moment}: try again, or look into the target's log.",
        code="target_disconnected",
        passing=True,
    ).after_sending()


def not_http(where: str) -> OutboundError:
    return OutboundError(
        "http",
        f"What {where} answered is not valid HTTP: check that endpoint.scheme and endpoint.port "
        "belong to the target.",
        code="target_not_http",
    ).after_sending()


def too_large(where: str, limit: int) -> OutboundError:
    return OutboundError(
        "answer",
        f"The answer of {where} is larger than {limit} bytes: ask the target for less.",
        code="answer_too_large",
    ).after_sending()


def bad_header(name: str) -> OutboundError:
    return OutboundError(
        "egress",
        f"The header {name!r} cannot be sent, since its name or value holds a line break or "
        "another character that HTTP forbids: enter it again without it.",
        code="header_refused",
    )


def bad_url(why: str) -> OutboundError:
    return OutboundError("egress", f"The target's URL cannot be used: {why}.", code="url_refused")
