"""The JSON schemas of what is answered of runs, attempts, suites, engines and data sets."""

from __future__ import annotations

from quintain.http.schemas import ANY_TEXT, NUMBER, TEXT, TIME, Schema, exactly, many, maybe, ref
from quintain.runs.model import STATES
from quintain.runs.records.incoming import COUNTS, KINDS, SEVERITIES, VERDICTS
from quintain.runs.reports.table import REPORTS

_OBJECT: Schema = {"type": "object"}
_FRACTION: Schema = {"type": "number", "minimum": 0}
_SKIPPED = many(exactly({"what": TEXT, "reason": ANY_TEXT}))
_PROGRESS = exactly(
    {
        **dict.fromkeys(("planned", "done", "resisted", "breached"), NUMBER),
        **dict.fromkeys(("controls_passed", "controls_failed", "error"), NUMBER),
        **dict.fromkeys(("elapsed_s", "per_min"), _FRACTION),
        "left_s": maybe(_FRACTION),
    }
)
_COSTS = exactly(dict.fromkeys(("attempts", *COUNTS), NUMBER))
_PART = exactly(
    {
        "label": TEXT,
        "engine": TEXT,
        "options": _OBJECT,
        "datasets": many(TEXT),
        "planned": maybe(NUMBER),
        "finished": {"type": "boolean"},
    }
)
_FORECAST = exactly(
    {
        "label": TEXT,
        "engine": TEXT,
        **dict.fromkeys(("attempts", "calls", "judge_calls", "attacker_calls"), NUMBER),
        "probes": many(_OBJECT),
    }
)
_MODEL = exactly(
    {"saved_name": TEXT, "version": TEXT, "model_id": NUMBER, "revision": NUMBER, "digest": TEXT}
)
_RUN_FIELDS: dict[str, Schema] = {
    "run_id": NUMBER,
    "model": _MODEL,
    "suite": exactly({"name": TEXT, "digest": TEXT}),
    "seed": {"type": "integer"},
    "state": {"enum": list(STATES)},
    "reason": ANY_TEXT,
    "turn": NUMBER,
    "started_by": TEXT,
    "created_at": TIME,
    "started_at": maybe(TIME),
    "ended_at": maybe(TIME),
    "limits": _OBJECT,
    "judge": ANY_TEXT,
    "attacker": ANY_TEXT,
    "engines": {"type": "object", "additionalProperties": ANY_TEXT},
    "parts": many(_PART),
    "progress": ref("RunProgress"),
    "estimate": _OBJECT,
    "costs": _COSTS,
    "skipped": _SKIPPED,
    "notes": many(ANY_TEXT),
}
_ATTEMPT = exactly(
    {
        **dict.fromkeys(("attempt_id", "run_id", "seq"), NUMBER),
        "probe": ANY_TEXT,
        "engine": TEXT,
        "kind": {"enum": list(KINDS)},
        **dict.fromkeys(("category", "technique", "fingerprint", "request_id"), ANY_TEXT),
        "severity": {"enum": list(SEVERITIES)},
        "verdict": {"enum": list(VERDICTS)},
        "started_at": TIME,
        **dict.fromkeys(("elapsed_ms", *COUNTS), NUMBER),
        "prompt": maybe(many({})),
        **dict.fromkeys(("answer", "goal", "reason"), maybe(ANY_TEXT)),
        **dict.fromkeys(("tool_calls", "steps"), maybe(many({}))),
        **dict.fromkeys(("detectors", "judge", "error"), maybe(_OBJECT)),
    }
)
_COMPARISON = exactly(
    {
        **dict.fromkeys(("before", "after"), _OBJECT),
        "worse": {"type": "boolean"},
        **dict.fromkeys(("pairs", "only_before", "only_after"), NUMBER),
        **dict.fromkeys(("overall", "categories"), many(_OBJECT)),
        "reason": ANY_TEXT,
        "notes": many(TEXT),
    }
)
_SUITE_FIELDS: dict[str, Schema] = {
    "name": TEXT,
    "title": ANY_TEXT,
    "engines": many(TEXT),
    "digest": TEXT,
    "shipped": {"type": "boolean"},
    "created_by": maybe(TEXT),
    "created_at": maybe(TIME),
}
_ENGINE_FIELDS: dict[str, Schema] = {
    **dict.fromkeys(("name", "title", "version", "licence", "about", "state"), TEXT),
    "installed_version": maybe(TEXT),
    "lite": {"type": "boolean"},
    "megabytes": NUMBER,
}
_DATA_SET_FIELDS: dict[str, Schema] = {
    "name": TEXT,
    "digest": TEXT,
    "number_of_rows": NUMBER,
    "created_by": TEXT,
    "created_at": TIME,
}

RUN_COMPONENTS: dict[str, Schema] = {
    "RunProgress": _PROGRESS,
    "Run": exactly({**_RUN_FIELDS, "scores": _OBJECT}),
    "Runs": exactly({"runs": many(exactly(_RUN_FIELDS)), "next": maybe(NUMBER)}),
    "ChangedRun": exactly({"run": ref("Run")}),
    "Estimate": exactly({"estimate": _OBJECT, "parts": many(_FORECAST), "skipped": _SKIPPED}),
    "Attempt": _ATTEMPT,
    "Attempts": exactly({"attempts": many(ref("Attempt")), "next": maybe(NUMBER)}),
    "Findings": exactly({"findings": many(_OBJECT)}),
    "Comparison": _COMPARISON,
    "Suite": exactly({**_SUITE_FIELDS, "document": _OBJECT}),
    "Suites": exactly({"suites": many(exactly(_SUITE_FIELDS))}),
    "ChangedSuite": exactly({"suite": exactly(_SUITE_FIELDS)}),
    "Engine": exactly({**_ENGINE_FIELDS, "catalogue": many(_OBJECT)}),
    "Engines": exactly({"engines": many(exactly(_ENGINE_FIELDS))}),
    "DataSet": exactly({**_DATA_SET_FIELDS, "rows": many(_OBJECT)}),
    "DataSets": exactly({"datasets": many(exactly(_DATA_SET_FIELDS))}),
    "ChangedDataSet": exactly({"dataset": exactly(_DATA_SET_FIELDS)}),
}

_EVENT: Schema = {
    "type": "object",
    "properties": {"id": TEXT, "event": {"enum": ["attempt", "progress", "end"]}, "data": TEXT},
    "required": ["event", "data"],
}
# What is no object of JSON, by its media types; other routes that have no answer here give text.
FILES: dict[tuple[str, str], dict[str, Schema]] = {
    ("GET", "/runs/{run_id}/events"): {"text/event-stream": _EVENT},
    ("GET", "/runs/{run_id}/report.{suffix}"): {
        kind: {} if kind.endswith("json") else {"type": "string"}
        for kind in (report.media_type.partition(";")[0] for report in REPORTS.values())
    },
}

RUN_ANSWERS: dict[tuple[str, str], str] = {
    ("GET", "/runs"): "Runs",
    ("POST", "/runs"): "ChangedRun",
    ("POST", "/runs/estimate"): "Estimate",
    ("GET", "/runs/{run_id}"): "Run",
    ("POST", "/runs/{run_id}/cancel"): "ChangedRun",
    ("POST", "/runs/{run_id}/resume"): "ChangedRun",
    ("GET", "/runs/{run_id}/attempts"): "Attempts",
    ("GET", "/runs/{run_id}/attempts/{attempt_id}"): "Attempt",
    ("GET", "/runs/{run_id}/findings"): "Findings",
    ("GET", "/runs/{run_id}/compare"): "Comparison",
    ("GET", "/suites"): "Suites",
    ("GET", "/suites/{name}"): "Suite",
    ("PUT", "/suites/{name}"): "ChangedSuite",
    ("DELETE", "/suites/{name}"): "ChangedSuite",
    ("GET", "/engines"): "Engines",
    ("GET", "/engines/{name}"): "Engine",
    ("GET", "/datasets"): "DataSets",
    ("GET", "/datasets/{name}"): "DataSet",
    ("PUT", "/datasets/{name}"): "ChangedDataSet",
    ("DELETE", "/datasets/{name}"): "ChangedDataSet",
}
