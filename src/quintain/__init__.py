"""quintain: the self-hosted home of every AI endpoint that a team tests."""

__version__ = "0.1.0"
