"""garak's own report of the run, `report.jsonl`, which garak's tools read.

It is written as the run goes on. What a killed process left is taken over: of its attempts those
that the run has recorded, so that the report and the run never differ.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import garak
from garak import _config
from garak.attempt import Attempt, Conversation
from garak.evaluators.base import ThresholdEvaluator

from ..wire import Config
from .judging import THRESHOLD

FILE, HITS = "report.jsonl", "report.hitlog.jsonl"
_SECTIONS = ("system", "transient", "run", "plugins", "reporting")
_PLAIN = (str, int, float, bool, dict, tuple, list, type(None))
_ANSWERED, _JUDGED = 1, 2  # garak's `status`


class Report:
    """Safe to call from any thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._path = config.folder / FILE
        self._lock = threading.RLock()  # garak writes below what holds it, and beside
        _config.plugins.target_type = "quintain"
        _config.plugins.target_name = config.target.model
        self._places: dict[str, list[tuple[int, int]]] = {}  # of judged attempts, by probe
        self._file = self._begun()
        self._set_garak()

    def attempt(self, attempt: Any) -> None:
        """Both of garak's lines of an attempt: answered, and judged."""
        lines = []
        for status in (_ANSWERED, _JUDGED):
            attempt.status = status
            found = attempt.as_dict()
            lines.append(found | ({"detector_results": {}} if status == _ANSWERED else {}))
        with self._lock:
            self._write(*lines)

    def evaluate(self, probe: str) -> None:
        """Count all attempts of a probe by garak's own rule. probe: `<module>.<Class>`."""
        with self._lock:
            attempts = [_restored(self._read(place)) for place in self._places.pop(probe, ())]
            if attempts:
                ThresholdEvaluator(THRESHOLD).evaluate(attempts)

    def complete(self) -> None:
        now = dt.datetime.now().isoformat()  # noqa: DTZ005  # as garak has it
        with self._lock:
            run = _config.transient.run_id
            self._write({"entry_type": "completion", "end_time": now, "run": run})
            self._file.close()
            _config.transient.hitlogfile.close()

    def write(self, text: str) -> int:
        """What garak writes itself: evaluations, and what its probes were made from."""
        with self._lock:
            return self._file.write(text.encode())

    @property
    def closed(self) -> bool:
        return self._file.closed

    # --- the file ----------------------------------------------------------------------------

    def _begun(self) -> IO[bytes]:
        draft = self._path.with_suffix(".draft")
        old = list(_whole_lines(self._path, "start_run setup", "init"))
        with draft.open("wb") as self._file:
            self._write(*(old or self._opening()))
            for pair in _attempts(self._path):
                if self._config.is_done(f"garak:{pair[1]['probe_classname']}", pair[1]["seq"]):
                    self._write(*pair)
        draft.replace(self._path)
        for entry in _whole_lines(self._path, "init"):
            _config.transient.run_id = entry["run"]
        return self._path.open("r+b", buffering=0)

    def _opening(self) -> tuple[dict[str, Any], dict[str, Any]]:
        began = dt.datetime.now().isoformat()  # noqa: DTZ005
        _config.transient.run_id = str(uuid.uuid4())
        setup: dict[str, Any] = {"entry_type": "start_run setup"}
        for section in _SECTIONS:
            facts = vars(getattr(_config, section))
            own = {f"{section}.{key}": facts[key] for key in facts if not key.startswith("__")}
            setup |= {key: own[key] for key in own if type(own[key]) in _PLAIN}
        init = {"garak_version": garak.__version__, "start_time": began}
        return setup, {"entry_type": "init", **init, "run": _config.transient.run_id}

    def _set_garak(self) -> None:
        self._file.seek(0, 2)
        _config.transient.reportfile = self
        _config.transient.report_filename = str(self._path)
        hits = self._config.folder / HITS
        _config.transient.hitlogfile = hits.open("w", encoding="utf-8")

    def _write(self, *entries: dict[str, Any]) -> None:
        """In one piece, so that a kill leaves whole entries, but for the last."""
        text = b""
        place = self._file.tell()
        for entry in entries:
            line = json.dumps(entry, default=str).encode() + b"\n"
            if entry.get("status") == _JUDGED:
                known = self._places.setdefault(entry["probe_classname"], [])
                known.append((place + len(text), len(line)))
            text += line
        self._file.write(text)

    def _read(self, place: tuple[int, int]) -> dict[str, Any]:
        with self._path.open("rb") as file:
            file.seek(place[0])
            found: dict[str, Any] = json.loads(file.read(place[1]))
        return found


def _whole_lines(path: Path, *kinds: str) -> Iterator[dict[str, Any]]:
    """Entries of these kinds. The last line of a killed process may be none."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                return
            if entry.get("entry_type") in kinds:
                yield entry


def _attempts(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each attempt once, as its two entries."""
    answered: dict[str, dict[str, Any]] = {}
    seen: set[tuple[str, int]] = set()
    for entry in _whole_lines(path, "attempt"):
        key = (entry["probe_classname"], entry["seq"])
        if entry["status"] == _ANSWERED:
            answered[entry["uuid"]] = entry
        elif entry["uuid"] in answered and key not in seen:
            seen.add(key)
            yield answered.pop(entry["uuid"]), entry


def _restored(entry: dict[str, Any]) -> Any:
    """Garak's attempt of one of its entries, as far as its evaluation looks at it."""
    taken = ("status", "probe_classname", "notes", "detector_results", "goal", "seq", "intent")
    attempt = Attempt(
        prompt=Conversation.from_dict(entry["prompt"]), **{key: entry[key] for key in taken}
    )
    attempt.uuid = entry["uuid"]
    attempt.conversations = [_talk(each) for each in entry["conversations"]]
    return attempt


def _talk(entry: dict[str, Any]) -> Any:
    """A turn without content is an answer that did not come."""
    turns = entry["turns"]
    whole = [{**turn, "content": turn["content"] or {}} for turn in turns]
    found = Conversation.from_dict({**entry, "turns": whole})
    for turn, given in zip(found.turns, turns, strict=True):
        if given["content"] is None:
            turn.content = None
    return found
