"""Every setting of the server, in one place: `QUINTAIN_<NAME>` in the environment.

docs/settings.md lists them; a test compares.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "QUINTAIN_"
# Read by the command line, not by the server.
ELSEWHERE = frozenset({"QUINTAIN_URL", "QUINTAIN_API_KEY", "QUINTAIN_LOCAL_FILE"})


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quintain"


class Settings(BaseSettings):
    """Seconds are seconds of wall time, sizes are bytes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(
        8321, ge=0, le=65535, description="Port that the server listens on; 0 takes a free one."
    )
    data_dir: Path = Field(
        default_factory=_data_home,
        description="Where the embedded store and the keyring file live.",
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="`postgresql://user@host/name` for PostgreSQL; empty is SQLite in the data directory.",
    )
    admin_key: SecretStr | None = Field(
        None,
        description="An admin key of your own, 32 characters or more; stored as a hash like every key.",
    )
    keyring: SecretStr | None = Field(
        None,
        description="Master keys (base64, 32 bytes each, separated by commas or spaces; the first one writes) "
        "instead of the keyring file in the data directory.",
    )
    egress_allow: Annotated[tuple[str, ...], NoDecode] | None = Field(
        None,
        description="Private and loopback CIDRs and host names that Internal models may reach, separated by "
        "commas. Unset: loopback when the server listens on a loopback address, else nothing.",
    )
    ca_file: Path | None = Field(
        None, description="Further certificate authorities (PEM) for TLS targets."
    )
    max_wait_s: float = Field(
        60, ge=0, le=3600, description="Longest wait for a slot of rate_per_min."
    )
    connect_s: float = Field(
        10, gt=0, le=300, description="Longest wait for a connection to a target."
    )
    read_s: float = Field(
        300, gt=0, le=3600, description="Longest silence of a target while it answers."
    )
    max_control_body: int = Field(
        1 << 20, ge=1024, description="Largest body of a control-plane call."
    )
    max_gateway_body: int = Field(32 << 20, ge=1024, description="Largest body of a gateway call.")
    max_answer_body: int = Field(
        64 << 20, ge=1024, description="Largest answer of a target that is not a stream."
    )
    max_waiting: int = Field(
        1000, ge=1, description="Most callers that wait for one model at a time."
    )
    max_connections: int = Field(1000, ge=1, description="Most connections to targets at a time.")
    max_clients: int = Field(
        10_000, ge=1, description="Most connections from callers at a time; more are answered 503."
    )
    jq_workers: int = Field(2, ge=1, le=64, description="Processes that run jq programs.")
    jq_timeout_s: float = Field(2, gt=0, le=60, description="Longest run of one jq program.")
    browser: Path | None = Field(
        None, description="The Chromium that drives pages; unset, the one that is on the PATH."
    )
    browser_tabs: int = Field(
        8,
        ge=1,
        le=256,
        description="Most pages open at a time: those of calls under way and of conversations kept.",
    )
    browser_idle_s: float = Field(
        600, ge=1, le=86_400, description="How long a conversation's page stays open between calls."
    )
    runs_at_once: int = Field(
        2, ge=1, le=64, description="Test runs that are worked on at a time; others wait."
    )
    drain_s: float = Field(
        30, ge=0, le=3600, description="How long a stopping server lets calls end."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="One JSON object a line, or text for people."
    )

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @property
    def on_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def allowed_inside(self) -> tuple[str, ...]:
        """What Internal models may reach."""
        if self.egress_allow is not None:
            return self.egress_allow
        return ("127.0.0.0/8", "::1/128", "localhost") if self.on_loopback else ()

    @property
    def store_url(self) -> str:
        given = self.database_url.get_secret_value()
        if not given:
            return f"sqlite:///{self.data_dir / 'quintain.db'}"
        scheme, _, rest = given.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else given

    @property
    def jobs_url(self) -> str:
        """Where the queue of runs is kept: beside the embedded store, or in the same PostgreSQL."""
        if not self.database_url.get_secret_value():
            return f"sqlite:///{self.data_dir / 'jobs.db'}"
        return self.store_url


def unknown_settings() -> list[str]:
    """A sentence for each `QUINTAIN_*` variable of the environment that is no setting."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | ELSEWHERE
    found = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return [_unknown(name, known) for name in found]


def _unknown(name: str, known: set[str]) -> str:
    # Without the prefix, which would make every name look like every other.
    words = sorted(each.removeprefix(PREFIX) for each in known)
    close = get_close_matches(name.removeprefix(PREFIX), words, n=1)
    return f"{name} is not a setting" + (f": did you mean {PREFIX}{close[0]}?" if close else ".")
