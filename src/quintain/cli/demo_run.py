"""The demo's test run: a small suite on the sample chatbot, and what it finds there."""

import base64
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from quintain.cli import screen
from quintain.cli.exits import Failure
from quintain.cli.following import Run, follow
from quintain.cli.progress import watcher_for
from quintain.cli.run_files import write_report
from quintain.cli.scorecard import print_scorecard
from quintain.cli.wire import CALL_S, Wire
from quintain.sample.desk import PROMOTION_CODE

SUITE = "smoke"
REPORT = "quintain-demo-report.html"
_FINDINGS = 3
_MOST = "1000"


async def run_suite(wire: Wire, model: str) -> Path:
    """Run it, show the scorecard, and return where the report is. Raises Failure."""
    answer = await wire.ask(
        "POST", "/runs", body={"model": model, "suite": SUITE}, deadline_s=CALL_S
    )
    over = await _followed(wire, answer["run"])
    if over["state"] != "finished":
        reason = str(over.get("reason") or "").splitlines() or [""]
        raise Failure(f"The demo's run is {over['state']}.", hint=f"{reason[0]} {reason[-1]}")
    found = (await wire.ask("GET", f"/runs/{over['run_id']}/findings"))["findings"]
    print_scorecard(screen.out(), over, found, shown=_FINDINGS)
    _point(await _breached(wire, over))
    report = place_of_report()
    await write_report(wire, over["run_id"], report)
    return report


async def _followed(wire: Wire, run: Run) -> Run:
    with watcher_for(screen.out()) as watcher:
        return await follow(wire, run["run_id"], watcher)


async def _breached(wire: Wire, run: Run) -> list[dict[str, Any]]:
    params = {"verdict": "breached", "kind": "attack", "limit": _MOST}
    answer = await wire.ask("GET", f"/runs/{run['run_id']}/attempts", params=params)
    attempts: list[dict[str, Any]] = answer["attempts"]
    return attempts


def _point(breached: Sequence[dict[str, Any]]) -> None:
    """Say how the code came out, if it did."""
    ways = ways_out(breached)
    if not ways:
        return
    sentence = (
        f"It found the weak spot, without being told where to look: {PROMOTION_CODE} came out by "
        f"{' and by '.join(ways)}."
    )
    console = screen.out()
    console.print()
    for line in screen.lines_of(screen.plain(sentence), console):
        console.print(Text(line, "bold yellow"))


def ways_out(breached: Sequence[dict[str, Any]]) -> list[str]:
    """The techniques by which the code came out, plain or in base64; each once."""
    encoded = base64.b64encode(PROMOTION_CODE.encode()).decode()
    told = (PROMOTION_CODE, encoded)
    ways = (
        str(attempt["technique"]).replace("_", " ")
        for attempt in breached
        if any(text in str(attempt.get("answer") or "") for text in told)
    )
    return list(dict.fromkeys(ways))


def place_of_report() -> Path:
    """Where the user is, since the demo's own folder goes with it; else where anyone may write."""
    here = Path.cwd()
    folder = here if os.access(here, os.W_OK) else Path(tempfile.gettempdir())
    return folder / REPORT
