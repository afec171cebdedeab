"""What garak finds around it: folders of its own, a seed, no way out but the gateway."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..wire import Config
from .options import parse

_LOG_BYTES = 2 << 20
MOST_LISTED = 256  # garak's own cap; two probes have a million prompts


def prepare(config: Config) -> None:
    """Before garak is imported for the first time. Raises ValueError for options that are wrong."""
    options = parse(config.options)
    if sys.flags.hash_randomization:
        raise RuntimeError("garak's prompts repeat only under PYTHONHASHSEED=0; set it.")
    config.folder.mkdir(parents=True, exist_ok=True)
    _folders(config.folder)
    if options.hub:
        _with_hub()
    else:
        _alone(urlsplit(config.base_url).hostname or "")
    _configure(options.prompts_per_probe, config.seed)


@contextmanager
def aside() -> Iterator[None]:
    """A setting for looking at garak, with nothing to be left behind."""
    with tempfile.TemporaryDirectory(prefix="garak-") as folder:
        _folders(Path(folder))
        _alone("")
        _configure(MOST_LISTED, 0)
        yield


def _folders(folder: Path) -> None:
    for name in ("DATA", "CACHE", "CONFIG"):
        place = folder / name.lower()
        place.mkdir(exist_ok=True)
        os.environ[f"XDG_{name}_HOME"] = str(place)
    os.environ |= {"HOME": str(folder), "TQDM_DISABLE": "1"}
    # For all that garak says as it works.
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # to the end
    log = RotatingFileHandler(folder / "garak.log", maxBytes=_LOG_BYTES, backupCount=1)
    logging.basicConfig(handlers=[log], level=logging.WARNING)


def _configure(cap: int, seed: int) -> None:
    from garak import _config  # noqa: PLC0415
    from garak.services import langservice  # noqa: PLC0415

    _config.load_base_config()
    _config.system.lite = False
    _config.run.soft_probe_prompt_cap = cap
    _config.run.seed = seed  # some probes draw by it, each time anew
    _config.run.generations = 1  # each generation is an attempt of its own
    _config.reporting.confidence_interval_method = "none"  # ours are in our report
    langservice.load()


def seed(*names: object) -> random.Random:
    """Begin every source of chance anew, the same for the same names; and one apart from them."""
    text = ":".join(map(str, names))
    random.seed(text)
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    _numpy(digest)
    return random.Random(text)  # noqa: S311  # a sample that must repeat, not a secret


def _numpy(digest: int) -> None:
    import numpy as np  # noqa: PLC0415

    np.random.seed(digest)  # noqa: NPY002  # it is the one that garak's own code uses


_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")


def _with_hub() -> None:
    for name in _OFFLINE:
        os.environ.pop(name, None)


def _alone(host: str) -> None:
    """Let this process reach `host` and no other: what needs a hub fails at once, and says so."""
    os.environ |= dict.fromkeys(_OFFLINE, "1")
    found = socket.getaddrinfo

    def only(name: Any, *args: Any, **kwargs: Any) -> Any:
        if (name.decode() if isinstance(name, bytes) else name) != host:
            raise socket.gaierror(socket.EAI_FAIL, f"{name}: engines reach the gateway alone")
        return found(name, *args, **kwargs)

    socket.getaddrinfo = only  # type: ignore[assignment]  # it takes whatever that takes
