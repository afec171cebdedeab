"""report.jsonl: the log that garak 0.17 writes, so that its own tools read it.

Entries as in garak/command.py, attempt.py and evaluators/base.py: a setup, an init, the attempts
(status 2 is judged, 1 is not), and for each probe and detector an `eval`. What garak's report needs
to know of probes and detectors goes in as `plugin_cache`. A probe of another engine is named
`base.<engine>_<name>`, since garak wants each in a module of its own, and its detector is
`quintain.Verdict`.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from quintain import __version__
from quintain.runners.wire import ERROR, RESISTED
from quintain.runs.model import Attempt, Run, Tally
from quintain.runs.reports.avid import DOMAINS
from quintain.runs.reports.flow import pages
from quintain.runs.reports.texts import dumped, role_of, said
from quintain.runs.reports.told import at, run_facts
from quintain.runs.scores.source import Source
from quintain.runs.taxonomy import TAXONOMY

GARAK = "garak"
_OWN = "quintain.Verdict"
_PLUGIN = re.compile(r"\w+\.\w+")
_HIT = 0.5  # a detector's score from which garak calls it a hit
_VERSION = "0.17.1"  # of garak: whose log this is
_SPACE = uuid.UUID("0c9f3f1e-7d2b-5a6e-9a53-2f5b8d6c1e47")  # attempts have the same ids each time
# By probe and detector: passed, hit, or (for the detector "") without a score.
Sums = Counter[tuple[str, str, str]]


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    tallies = await source.tallies(run.id)
    sums: Sums = Counter()
    yield _lines([_setup(run, tallies), _init(run)])
    async for piece in pages(source, run, lambda page: _attempts(run, page, sums)):
        yield piece
    yield _lines([_plugins(tallies, sums), *_evals(sums), _completion(run)])


def _setup(run: Run, tallies: list[Tally]) -> dict[str, Any]:
    probes = sorted({f"probes.{_plugin(tally.probe)}" for tally in tallies})
    return {
        "entry_type": "start_run setup",
        "_config.version": _VERSION,
        "transient.run_id": _run_id(run),
        "transient.starttime_iso": at(run.started_at or run.created_at),
        "transient.active_probes": probes,
        "run.seed": run.seed,
        "run.eval_threshold": _HIT,
        "run.generations": 1,
        "plugins.target_type": str(run.plan.facts.get("model_provider") or "quintain"),
        "plugins.target_name": f"{run.saved_name}:{run.version}",
        "reporting.taxonomy": None,
        "quintain.version": __version__,
        "quintain.run": run_facts(run),
    }


def _init(run: Run) -> dict[str, Any]:
    return {
        "entry_type": "init",
        "garak_version": _VERSION,
        "start_time": at(run.started_at or run.created_at),
        "run": _run_id(run),
    }


def _completion(run: Run) -> dict[str, Any]:
    return {"entry_type": "completion", "end_time": at(run.ended_at), "run": _run_id(run)}


def _attempts(run: Run, page: list[Attempt], sums: Sums) -> str:
    return _lines([_attempt(run, attempt, sums) for attempt in page])


def _attempt(run: Run, attempt: Attempt, sums: Sums) -> dict[str, Any]:
    detail, probe = attempt.detail, _plugin(attempt.probe)
    judged, scores = attempt.verdict != ERROR, _scores(attempt)
    for detector, score in scores.items():
        sums[probe, detector, "fails" if score >= _HIT else "passed"] += 1
    sums[probe, "", "nones"] += not judged
    prompt = {"turns": [_turn(each) for each in detail.get("prompt") or []], "notes": {}}
    answer = _message(str(detail.get("answer") or ""))
    return {
        "entry_type": "attempt",
        "uuid": str(uuid.uuid5(_SPACE, f"{run.id}/{attempt.probe}/{attempt.seq}")),
        "seq": attempt.seq,
        "status": 2 if judged else 1,
        "probe_classname": probe,
        "probe_params": {},
        "targets": [],
        "prompt": prompt,
        "outputs": [answer] if judged else [None],
        "detector_results": {name: [score] for name, score in scores.items()},
        "notes": _notes(attempt),
        "goal": str(detail.get("goal") or ""),
        "conversations": [_answered(prompt, answer)] if judged else [prompt],
        "reverse_translation_outputs": [],
        "intent": None,
    }


def _notes(attempt: Attempt) -> dict[str, Any]:
    told = ("kind", "category", "technique", "severity", "verdict", "request_id")
    return {
        **{name: getattr(attempt, name) for name in told},
        **{name: attempt.detail.get(name) for name in ("reason", "judge", "error")},
    }


def _scores(attempt: Attempt) -> dict[str, float]:
    """The scores of garak's own detectors, else our verdict as one; of an error, none."""
    found = attempt.detail.get("detectors") or {}
    if attempt.verdict == ERROR:
        return {}
    if attempt.engine == GARAK and found and all(map(_PLUGIN.fullmatch, found)):
        return dict(found)
    return {_OWN: 0.0 if attempt.verdict == RESISTED else 1.0}


def _answered(prompt: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {**prompt, "turns": [*prompt["turns"], {"role": "assistant", "content": answer}]}


def _turn(message: Any) -> dict[str, Any]:
    return {"role": role_of(message), "content": _message(said(message))}


def _message(text: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("lang", "data_path", "data_type", "data_checksum"))
    return {"text": text, **nothing, "notes": {}}


def _evals(sums: Sums) -> Iterator[dict[str, Any]]:
    for probe, detector in sorted({(probe, detector) for probe, detector, _ in sums if detector}):
        counts = {kind: sums[probe, detector, kind] for kind in ("passed", "fails")}
        nones = sums[probe, "", "nones"]
        yield {
            "entry_type": "eval",
            "probe": probe,
            "detector": detector,
            **counts,
            "nones": nones,
            "total_evaluated": sum(counts.values()),
            "total_processed": sum(counts.values()) + nones,
        }


def _plugins(tallies: list[Tally], sums: Sums) -> dict[str, Any]:
    """What garak's report says of each probe and detector."""
    kinds = {_plugin(tally.probe): tally for tally in tallies}
    detectors = sorted({detector for _, detector, _ in sums if detector})
    return {
        "entry_type": "plugin_cache",
        "plugin_cache": {
            "version": f"quintain {__version__}",
            "probes": {f"probes.{name}": _about(tally) for name, tally in kinds.items()},
            "detectors": {f"detectors.{name}": {"description": name} for name in detectors},
        },
    }


def _about(tally: Tally) -> dict[str, Any]:
    category = TAXONOMY.category(tally.category)
    # Not OWASP's ids: garak has those of the list of 2023, where they mean other things.
    tags = [
        f"avid-effect:{DOMAINS[each[0]].lower()}:{each}" for each in category.maps.get("avid", ())
    ]
    title = f"{category.title}, {TAXONOMY.technique(tally.technique).title.lower()}"
    return {"description": title, "tags": tags, "tier": 1}


def _plugin(probe: str) -> str:
    """`module.Class`, as garak wants it: its own probes are that already."""
    engine, _, name = probe.partition(":")
    if engine == GARAK and _PLUGIN.fullmatch(name):
        return name
    return f"base.{_word(engine)}_{_word(name)}"


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_") or "unnamed"


def _run_id(run: Run) -> str:
    return str(uuid.uuid5(_SPACE, str(run.id)))


def _lines(entries: list[dict[str, Any]]) -> str:
    return "".join(f"{dumped(entry)}\n" for entry in entries)
