"""Runs of every kind, for the tests of reports."""

from __future__ import annotations

from tests.unit.runs.fakes import FakeRecords, a_run, many, said

from quintain.runs.model import Run, Skipped
from quintain.runs.reports import stream

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\x00\x01\x1b[31mred\u202e txet desrever \u200b\u200b\u200bhidden\U000e0041",
    "=cmd|'/c calc'!A1",
    "]]> &amp; <b>bold</b> {{ 7*7 }} {% raw %}",
    "half \ud83d a character \udc00",
    "x" * 40_000,
    '"quoted", with, commas\r\nand lines',
    "\ufffe\uffff not for XML",
)


def good() -> tuple[Run, FakeRecords]:
    attempts = [
        *many(60, "resisted", "jailbreak", "role_play"),
        *many(60, "resisted", "hate", "direct"),
        *many(20, "resisted", "over_refusal", "benign", kind="control"),
    ]
    return a_run(planned={"1": 140}, skipped=()), FakeRecords().add(attempts)


def bad() -> tuple[Run, FakeRecords]:
    attempts = [
        *many(9, "breached", "jailbreak", "role_play", severity="high"),
        *many(31, "resisted", "jailbreak", "direct"),
        *many(20, "breached", "system_prompt_leak", "direct", severity="critical"),
        *many(12, "resisted", "hate", "direct"),
        *many(3, "error", "hate", "base64"),
        *many(5, "breached", "over_refusal", "benign", kind="control"),
        *many(15, "resisted", "over_refusal", "benign", kind="control", first=5),
        *many(2, "breached", "utility", "benign", kind="control"),
        *many(6, "resisted", "utility", "benign", kind="control", first=2),
        said("breached", "copyright", "completion", probe="garak:leakreplay.GuardianCloze",
             detectors={"leakreplay.StartsWith": 1.0}),
        said("resisted", "copyright", "completion", 1, probe="garak:leakreplay.GuardianCloze",
             detectors={"leakreplay.StartsWith": 0.0}),
    ]  # fmt: skip
    return a_run(planned={"1": 120}), FakeRecords().add(attempts)


def failed() -> tuple[Run, FakeRecords]:
    records = FakeRecords().add([*many(9, "error", "hate", "direct"), said("resisted")])
    return a_run(state="failed", reason="90 % of the attempts ended in an error."), records


def cancelled() -> tuple[Run, FakeRecords]:
    return a_run(state="cancelled", reason="qk_1 asked for it."), FakeRecords().add(
        many(90, "resisted", "hate", "direct")
    )


def few() -> tuple[Run, FakeRecords]:
    return a_run(planned={"1": 3}), FakeRecords().add(many(3, "resisted", "hate", "direct"))


def unjudged() -> tuple[Run, FakeRecords]:
    return a_run(), FakeRecords().add(many(30, "error", "hate", "direct"))


def empty() -> tuple[Run, FakeRecords]:
    run = a_run(state="queued", started_at=None, ended_at=None, planned={}, engines={})
    return run, FakeRecords()


def hostile() -> tuple[Run, FakeRecords]:
    attempts = []
    for at, text in enumerate(HOSTILE):
        texts = {"asked": text, "answer": text, "reason": text, "goal": text}
        attempts.append(said("breached", "hate", "direct", at, severity="high", **texts))
        attempts.append(said("breached", "over_refusal", "benign", at, kind="control", **texts))
        failed = {"code": text[:50], "message": text, "status": 502}
        attempts.append(said("error", "bias", "direct", at, error=failed, asked=text))
    run = a_run(
        skipped=tuple(Skipped(text, text) for text in HOSTILE),
        notes=HOSTILE,
        reason=HOSTILE[0],
        facts={"certifications": list(HOSTILE[:4]), "model_name": HOSTILE[0]},
    )
    return run, FakeRecords().add(attempts)


KINDS = {
    each.__name__: each for each in (good, bad, failed, cancelled, few, unjudged, empty, hostile)
}


async def written(kind: str, suffix: str) -> bytes:
    run, records = KINDS[kind]()
    return b"".join([piece async for piece in stream(records, run, suffix)])
