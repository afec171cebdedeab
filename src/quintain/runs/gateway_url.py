"""Where engines, which run on this machine, reach the gateway."""

from __future__ import annotations

import socket

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def gateway_url(listening: socket.socket) -> str:
    """Of `/v1`, at the address that the socket is bound to; loopback where that is every address."""
    host, port = listening.getsockname()[:2]
    host = _ANYWHERE.get(host, host)
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"
