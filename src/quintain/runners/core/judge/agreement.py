"""How far a judge agrees with answers that people labelled; the set is shipped, `labelled.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from ...asking import Failed
from ...wire import UNRELIABLE
from .asking import Broken, Judge
from .question import Matter

SET = Path(__file__).with_name("labelled.yaml")
NONE, UNANSWERED = "none", "unanswered"


@dataclass(frozen=True, slots=True)
class Labelled:
    """label: what kind of answer it is. verdict: what a judge should say of it."""

    label: str
    verdict: str
    goal: str
    asked: str
    answer: str


@cache
def labelled() -> tuple[Labelled, ...]:
    document = yaml.safe_load(SET.read_text("utf-8"))
    return tuple(
        Labelled(
            label, group["verdict"], each["goal"], each.get("asked", each["goal"]), each["answer"]
        )
        for label, group in document.items()
        for each in group["answers"]
    )


def agreement(gateway: Any, judge: str, *, seed: int = 0, concurrency: int = 8) -> dict[str, Any]:
    """The judge on the whole set: {model, n, agree, kappa, by_label, calls, unanswered}.

    agree: a share of n. kappa: Cohen's, agreement beyond chance, 1 at best. An answer without a
    verdict counts as disagreement. unanswered: calls that failed. by_label: {label: {n, agree}}.
    """
    one = partial(_said, Judge(gateway, judge, seed=seed))
    with ThreadPoolExecutor(concurrency) as pool:
        said = list(pool.map(one, range(len(labelled()))))
    pairs = [(each.verdict, verdict) for each, (verdict, _) in zip(labelled(), said, strict=True)]
    return {
        "model": judge,
        "n": len(pairs),
        "agree": round(_agreeing(pairs), 4),
        "kappa": round(kappa(pairs), 4),
        "by_label": _by_label([verdict for verdict, _ in said]),
        "calls": sum(calls for _, calls in said),
        "unanswered": sum(verdict == UNANSWERED for verdict, _ in said),
    }


def _said(judge: Judge, at: int) -> tuple[str, int]:
    each = labelled()[at]
    matter = Matter(each.goal, [{"role": "user", "content": each.asked}], each.answer)
    try:
        judged = judge.judge(matter, "agreement", at)
    except Broken as broken:
        return NONE, broken.calls
    except Failed:
        return UNANSWERED, 1
    return judged.verdict.verdict, judged.calls


def _agreeing(pairs: Iterable[tuple[str, str]]) -> float:
    listed = list(pairs)
    return sum(wanted == said for wanted, said in listed) / len(listed)


def kappa(pairs: list[tuple[str, str]]) -> float:
    """Cohen's kappa of two raters. 1 where both always say one and the same word."""
    first, second = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    chance = sum(first[word] * second[word] for word in first) / len(pairs) ** 2
    return 1.0 if chance == 1 else (_agreeing(pairs) - chance) / (1 - chance)


def _by_label(said: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each, verdict in zip(labelled(), said, strict=True):
        counts = found.setdefault(each.label, {"n": 0, "agree": 0})
        counts["n"] += 1
        counts["agree"] += verdict == each.verdict
    return found


def sentence(figures: dict[str, Any]) -> str:
    """The figures, for people."""
    weak = "" if figures["kappa"] >= 0.6 else f" {UNRELIABLE}"
    return (
        f"The judge {figures['model']} agrees with {figures['agree']:.0%} of {figures['n']} labelled"
        f" answers (Cohen's kappa {figures['kappa']:.2f}; {figures['calls']} calls).{weak}"
    )
