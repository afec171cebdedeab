"""`quintain run`: a suite on a model, followed to its end, with an exit status that says how it went."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from quintain.cli import screen
from quintain.cli.baselines import baseline, identity_of
from quintain.cli.entry import at_terminal, confirm
from quintain.cli.estimates import is_large, print_estimate
from quintain.cli.exits import Code, wrong_usage
from quintain.cli.following import Run
from quintain.cli.gates import ending, judge, say_judgements, share_of
from quintain.cli.options import Json, Spelled, Yes
from quintain.cli.run_body import given_only, suite_name, suite_of
from quintain.cli.run_files import check_places, write_reports
from quintain.cli.session import with_server
from quintain.cli.watching import print_result, watch_to_end
from quintain.cli.wire import CALL_S, Wire


@dataclass(frozen=True, slots=True)
class Asked:
    """What to do with a run besides having it: all of it needs the run's end."""

    fail_under: float | None = None
    compare_to: str | None = None
    reports: list[Path] = field(default_factory=list)
    cancel_on_interrupt: bool = False

    def needs_the_end(self) -> bool:
        return self.fail_under is not None or bool(self.compare_to or self.reports)


def run(
    spelled: Spelled,
    suite: Annotated[
        str | None,
        typer.Option(
            "--suite",
            metavar="NAME|FILE",
            help="A suite of the server, or a YAML file; else the baseline for what the model is.",
        ),
    ] = None,
    judge_model: Annotated[
        str | None,
        typer.Option("--judge", metavar="MODEL", help="A registered model that judges answers."),
    ] = None,
    attacker: Annotated[
        str | None,
        typer.Option(
            "--attacker", metavar="MODEL", help="A registered model that thinks up attacks."
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", metavar="NAME", help="Run this data set too (repeat for more)."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="The same seed, the same prompts; else 0."),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency", metavar="N", min=1, max=64, help="Most attempts at a time; else 8."
        ),
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option("--max-attempts", metavar="N", min=1, help="No more attempts than this."),
    ] = None,
    error_budget: Annotated[
        str | None,
        typer.Option(
            "--error-budget",
            metavar="SHARE",
            help="More errors than this fail the run: 0.1 or 10%; else 5%.",
        ),
    ] = None,
    fail_under: Annotated[
        str | None,
        typer.Option(
            "--fail-under",
            metavar="SHARE",
            help="Exit 9 when a smaller share of attacks was resisted: 0.9 or 90%.",
        ),
    ] = None,
    compare_to: Annotated[
        str | None,
        typer.Option(
            "--compare-to",
            metavar="VERSION|RUN",
            help="Exit 10 when it became worse than that version's latest run, or that run.",
        ),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write a report: .html .json .xml (JUnit) .sarif .csv .jsonl .avid.json.",
        ),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would take; start nothing.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Start it and leave; stdout is the run's number.")
    ] = False,
    cancel_on_interrupt: Annotated[
        bool,
        typer.Option(
            "--cancel-on-interrupt",
            help="Ctrl-C and SIGTERM cancel the run too, instead of leaving it to the server.",
        ),
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Test a model: run a suite on it, watch it, and see what got through.

    The run belongs to the server: it goes on when this command ends, and after a restart. On a
    terminal a large one is asked about first. --fail-under is about the share of attacks that
    were resisted; errors count as neither. A failed run is never a success.

    $ quintain run gpt --suite smoke
    $ quintain run gpt:v2 --judge gpt-judge --report report.html
    $ quintain run gpt --suite mine.yaml --dataset refund-tricks
    $ quintain run gpt:v2 --fail-under 0.9 --compare-to v1 --report junit.xml
    """
    asked = Asked(
        share_of(fail_under, "--fail-under") if fail_under is not None else None,
        compare_to,
        report or [],
        cancel_on_interrupt,
    )
    body = given_only(
        {
            "model": spelled,
            "suite": suite_of(suite),
            "judge": judge_model,
            "attacker": attacker,
            "datasets": dataset,
            "seed": seed,
            "concurrency": concurrency,
            "max_attempts": max_attempts,
            "error_budget": share_of(error_budget, "--error-budget") if error_budget else None,
        }
    )
    if (detach or estimate) and asked.needs_the_end():
        raise wrong_usage("--fail-under, --compare-to and --report need the run's end.")
    check_places(asked.reports)
    if estimate:
        _only_estimate(body, json=json)
    elif detach:
        _detach(body, yes=yes, json=json)
    else:
        _to_the_end(body, asked, yes=yes, json=json)


async def _estimate(wire: Wire, body: dict[str, Any]) -> Any:
    return await wire.ask("POST", "/runs/estimate", body=body, deadline_s=CALL_S)


def _only_estimate(body: dict[str, Any], *, json: bool) -> None:
    answer = with_server(lambda wire: _estimate(wire, body))
    if json:
        screen.print_json(answer)
    else:
        print_estimate(screen.out(), answer)


async def _start(wire: Wire, body: dict[str, Any], *, yes: bool) -> Run:
    answer = await wire.ask("POST", "/runs", body=body, deadline_s=CALL_S)
    started: Run = answer["run"]
    _say_estimate(started, yes=yes)
    return started


def _agree(body: dict[str, Any], *, yes: bool) -> None:
    """A large run needs a yes where there is someone to ask; a script has said so by its command."""
    if yes or not at_terminal():
        return
    answer = with_server(lambda wire: _estimate(wire, body))
    print_estimate(screen.err(), answer)
    if is_large(answer):
        confirm("Start it?", yes=False)


def _say_estimate(started: Run, *, yes: bool) -> None:
    """What nobody was asked about is told."""
    if yes or not at_terminal():
        print_estimate(screen.err(), started)


def _detach(body: dict[str, Any], *, yes: bool, json: bool) -> None:
    _agree(body, yes=yes)
    started = with_server(lambda wire: _start(wire, body, yes=yes))
    if json:
        screen.print_json({"run": started})
        return
    number = started["run_id"]
    screen.say(f"It runs in the server. Follow it: quintain runs watch {number}", "dim")
    screen.out().print(str(number))


def _to_the_end(body: dict[str, Any], asked: Asked, *, yes: bool, json: bool) -> None:
    if asked.compare_to:
        with_server(lambda wire: _before(wire, body, asked))  # there must be one
    _agree(body, yes=yes)
    raise typer.Exit(with_server(lambda wire: _run(wire, body, asked, yes=yes, json=json)))


async def _before(
    wire: Wire, body: dict[str, Any], asked: Asked, over: Run | None = None
) -> Run | None:
    """The run to compare with. Raises Failure where there is none.

    over: the run that is compared; None as long as it is not made.
    """
    if not asked.compare_to:
        return None
    suite = over["suite"]["name"] if over else suite_name(body.get("suite"))
    number = over["run_id"] if over else None
    model = await identity_of(wire, body["model"])
    return await baseline(wire, asked.compare_to, model, suite, number)


async def _run(wire: Wire, body: dict[str, Any], asked: Asked, *, yes: bool, json: bool) -> Code:
    coming = _start(wire, body, yes=yes)
    over = await watch_to_end(wire, coming, cancel_on_interrupt=asked.cancel_on_interrupt)
    await print_result(wire, over, json=json)
    await write_reports(wire, over["run_id"], asked.reports)
    found = judge(over, asked.fail_under, await _compared(wire, body, asked, over))
    if asked.fail_under is not None or asked.compare_to:
        say_judgements(found)
    return ending(found)


async def _compared(wire: Wire, body: dict[str, Any], asked: Asked, over: Run) -> Any:
    if over["state"] != "finished":
        return None
    before = await _before(wire, body, asked, over)
    if before is None:
        return None
    params = {"to": str(before["run_id"])}
    return await wire.ask("GET", f"/runs/{over['run_id']}/compare", params=params)
