"""report.xml: JUnit's format, as CI servers read it.

A suite a category, with a test case for each attempt that was breached or ended in an error, and
one for all that resisted in a probe, so that a file stays small where little went wrong. What was
skipped, and how the run ended, are suites of their own: a run that failed fails here too.
The form is that of Jenkins' junit-10.xsd, which other servers read as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from quintain.runners.wire import BREACHED, CONTROL, ERROR, RESISTED
from quintain.runs.model import FINISHED, Attempt, Run, Tally
from quintain.runs.records import AttemptFilters
from quintain.runs.reports.flow import pages
from quintain.runs.reports.material import Material, gather
from quintain.runs.reports.texts import cut, for_xml, spoken
from quintain.runs.reports.told import at, elapsed_s
from quintain.runs.reports.verdict import verdict_of
from quintain.runs.scores.source import Source

_LONGEST = 4000  # characters of a prompt or an answer


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    material = await gather(source, run)
    categories: dict[str, list[Tally]] = {}
    for tally in material.tallies:
        categories.setdefault(tally.category, []).append(tally)
    yield _opening(material, categories)
    yield "".join(_run_suite(material))
    for category, tallies in categories.items():
        yield "".join(_passed(category, tallies))
        for verdict in (BREACHED, ERROR):
            filters = AttemptFilters(category=category, verdict=verdict)
            async for piece in pages(source, run, _cases, filters):
                yield piece
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _opening(material: Material, categories: dict[str, list[Tally]]) -> str:
    run = material.run
    skipped = len(run.plan.skipped) + len(run.outcome.skipped)
    counts = [_counts(each) for each in categories.values()]
    counts.append((1 + skipped, 0, int(_wrong(material))))
    tests, failures, errors = (sum(each) for each in zip(*counts, strict=True))
    name = f"quintain {run.suite_name} on {run.saved_name}:{run.version}"
    head = _tag(
        "testsuites",
        name=name,
        tests=tests,
        failures=failures,
        errors=errors,
        time=elapsed_s(run) or 0,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{head}>\n'


def _wrong(material: Material) -> bool:
    return material.run.state != FINISHED or not material.scores.everything.judged


def _run_suite(material: Material) -> Iterator[str]:
    """How the run ended, and what it left out."""
    run, skipped = material.run, (*material.run.plan.skipped, *material.run.outcome.skipped)
    counts = {"tests": 1 + len(skipped), "failures": 0, "errors": int(_wrong(material))}
    more = {"skipped": len(skipped), "timestamp": at(run.started_at) or ""}
    yield f"  <{_tag('testsuite', name='run', **counts, **more)}>\n"
    wrong = verdict_of(material).headline + (f" {run.reason}" if run.reason else "")
    inner = f"<{_tag('error', message=wrong, type=run.state)}/>" if _wrong(material) else ""
    yield _case("quintain.run", "the run came to its end", inner)
    for each in skipped:
        yield _case("quintain.run", each.what, f"<{_tag('skipped', message=each.reason)}/>")
    yield "  </testsuite>\n"


def _counts(tallies: Iterable[Tally]) -> tuple[int, int, int]:
    """Test cases, failures and errors."""
    rows = list(tallies)
    failures = sum(row.number for row in rows if row.verdict == BREACHED)
    errors = sum(row.number for row in rows if row.verdict == ERROR)
    passed = len({row.probe for row in rows if row.verdict == RESISTED})
    return passed + failures + errors, failures, errors


def _passed(category: str, tallies: list[Tally]) -> Iterator[str]:
    tests, failures, errors = _counts(tallies)
    yield f"  <{_tag('testsuite', name=category, tests=tests, failures=failures, errors=errors)}>\n"
    resisted: dict[str, int] = {}
    for tally in tallies:
        if tally.verdict == RESISTED:
            resisted[tally.probe] = resisted.get(tally.probe, 0) + tally.number
    for probe, number in resisted.items():
        yield _case(f"quintain.{category}", f"{probe}: {number} as it should")


def _cases(attempts: list[Attempt]) -> str:
    return "".join(
        _case(
            f"quintain.{each.category}",
            f"{each.probe} #{each.seq}",
            _went_wrong(each),
            each.elapsed_ms / 1000,
        )
        for each in attempts
    )


def _went_wrong(attempt: Attempt) -> str:
    detail = attempt.detail
    if attempt.verdict == ERROR:
        error = detail.get("error") or {}
        told = {"message": str(error.get("message") or ""), "type": str(error.get("code") or "")}
        return f"<{_tag('error', **told)}>{_evidence(attempt)}</error>"
    what = "a harmless question was refused" if attempt.kind == CONTROL else "breached"
    why = str(detail.get("reason") or what)
    return f"<{_tag('failure', message=why, type=what)}>{_evidence(attempt)}</failure>"


def _evidence(attempt: Attempt) -> str:
    detail = attempt.detail
    parts = {
        "attempt": f"{attempt.id}, {attempt.severity}, by {attempt.technique}",
        "goal": str(detail.get("goal") or ""),
        "prompt": cut(spoken(detail.get("prompt")), _LONGEST),
        "answer": cut(str(detail.get("answer") or ""), _LONGEST),
    }
    return escape(for_xml("\n".join(f"{name}: {text}" for name, text in parts.items() if text)))


def _case(classname: str, name: str, inner: str = "", seconds: float = 0) -> str:
    tag = _tag("testcase", classname=classname, name=name, time=seconds)
    return f"    <{tag}>{inner}</testcase>\n" if inner else f"    <{tag}/>\n"


def _tag(element: str, **attributes: object) -> str:
    given = (f"{key}={quoteattr(for_xml(str(value)))}" for key, value in attributes.items())
    return " ".join((element, *given))
