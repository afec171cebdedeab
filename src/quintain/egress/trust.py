"""Whose certificates are believed."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(ca_file: Path | str | None = None) -> ssl.SSLContext:
    """Trust the system's authorities and those of `ca_file` (PEM). Call it off the loop.

    Raises OSError or ssl.SSLError when `ca_file` cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
