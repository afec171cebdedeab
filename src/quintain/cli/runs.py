"""`quintain runs list | show | findings | watch | ...`: what was tested, and how it went."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from quintain.cli import screen
from quintain.cli.exits import Code
from quintain.cli.following import OVER, Run, get_run
from quintain.cli.gates import ending, judge
from quintain.cli.options import Json
from quintain.cli.run_files import check_places, write_reports
from quintain.cli.session import with_server
from quintain.cli.tables import Column, moment, print_table
from quintain.cli.watching import print_result, watch_to_end
from quintain.cli.weaknesses import print_findings
from quintain.cli.wire import Wire
from quintain.cli.wording import number

Number = Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run's number.")]

COLUMNS = (
    Column("RUN", style="bold", right=True),
    Column("MODEL"),
    Column("SUITE", 2),
    Column("STATE", 1),
    Column("DONE", 3, right=True),
    Column("BREACHED", right=True),
    Column("ERRORS", 4, right=True),
    Column("CREATED", 5, style="dim"),
)
_STATES = {"finished": "", "failed": "bold red", "cancelled": "yellow", "running": "cyan"}


def list_runs(
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Only runs on this model.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Only runs on this version of it.")
    ] = None,
    suite: Annotated[str | None, typer.Option("--suite", help="Only runs of this suite.")] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only queued, running, finished, failed or cancelled ones."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=200, help="At most so many.")
    ] = 30,
    before: Annotated[
        int | None,
        typer.Option("--before", metavar="N", min=1, help="Only runs older than this number."),
    ] = None,
    json: Json = False,
) -> None:
    """List runs, the newest first.

    $ quintain runs list
    $ quintain runs list --model gpt --state failed
    $ quintain runs list --json | jq '.runs[0].progress'
    """
    filters = {"model": model, "version": version, "suite": suite, "state": state, "before": before}
    params = {name: str(value) for name, value in filters.items() if value is not None}
    params["limit"] = str(limit)
    answer = with_server(lambda wire: wire.ask("GET", "/runs", params=params))
    if json:
        screen.print_json(answer)
        return
    if not answer["runs"]:
        screen.say("No run matches." if len(params) > 1 else _NONE_YET)
        return
    print_table(screen.out(), COLUMNS, [row_of(each) for each in answer["runs"]])
    if following := answer.get("next"):
        screen.say(f"There are older ones: --before {following}", "dim")


_NONE_YET = "No runs yet. Make one: quintain run --help"


def row_of(run: Mapping[str, Any]) -> list[str | Text]:
    model, got = run["model"], run["progress"]
    return [
        str(run["run_id"]),
        f"{model['saved_name']}:{model['version']}",
        str(run["suite"]["name"]),
        Text(str(run["state"]), _STATES.get(run["state"], "")),
        f"{number(got['done'])} of {number(got['planned'])}",
        Text(number(got["breached"]), "red" if got["breached"] else ""),
        Text(number(got["error"]), "yellow" if got["error"] else ""),
        moment(run["created_at"]),
    ]


def show(run_id: Number, json: Json = False) -> None:
    """Show one run: what got through, how sure that is, what was left out.

    $ quintain runs show 12
    $ quintain runs show 12 --json | jq .scores.categories
    """
    with_server(lambda wire: _show(wire, run_id, json=json))


async def _show(wire: Wire, run_id: int, *, json: bool) -> None:
    await print_result(wire, await get_run(wire, run_id), json=json)


def findings(run_id: Number, json: Json = False) -> None:
    """Show every weakness that a run found, the worst first; `show` has the first five.

    $ quintain runs findings 12
    $ quintain runs findings 12 --json | jq -r '.findings[] | .severity + " " + .title'
    """
    answer = with_server(lambda wire: wire.ask("GET", f"/runs/{run_id}/findings"))
    if json:
        screen.print_json(answer)
    elif answer["findings"]:
        print_findings(screen.out(), answer["findings"])
    else:
        screen.say("No attack of this run got through.")


def watch(run_id: Number, json: Json = False) -> None:
    """Follow a run to its end; then the same as `quintain run` shows. Ctrl-C only stops watching.

    $ quintain runs watch 12
    """
    raise typer.Exit(with_server(lambda wire: _watch(wire, run_id, json=json)))


async def _watch(wire: Wire, run_id: int, *, json: bool) -> Code:
    over = await watch_to_end(wire, get_run(wire, run_id))
    await print_result(wire, over, json=json)
    return ending(judge(over, None, None))


def cancel(run_id: Number, json: Json = False) -> None:
    """Cancel a run. What was judged is kept; `resume` takes it up again.

    $ quintain runs cancel 12
    """
    _act(run_id, "cancel", "cancelled", None, json=json)


def resume(
    run_id: Number,
    keep_errors: Annotated[
        bool,
        typer.Option("--keep-errors", help="Leave errors as they are, instead of trying again."),
    ] = False,
    json: Json = False,
) -> None:
    """Take up a run that ended: do what is missing, and try again what ended in an error.

    Nothing that was judged is sent again. Watch it with `quintain runs watch`.

    $ quintain runs resume 12
    $ quintain runs resume 12 --keep-errors
    """
    body = {"retry_errors": not keep_errors}
    _act(run_id, "resume", "taken up again", body, json=json)


def _act(run_id: int, what: str, done: str, body: Any, *, json: bool) -> None:
    answer = with_server(lambda wire: wire.ask("POST", f"/runs/{run_id}/{what}", body=body))
    run: Run = answer["run"]
    if json:
        screen.print_json(answer)
        return
    ended = run["state"] in OVER
    screen.done(f"Run {run_id} is {done if ended or what == 'resume' else 'being cancelled'}.")
    if not ended:
        screen.say(f"Follow it: quintain runs watch {run_id}", "dim")


def report(
    run_id: Number,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Its ending is the kind: .html .json .xml .sarif .csv .jsonl .avid.json.",
        ),
    ],
) -> None:
    """Write reports of a run.

    .html is one file for people, with no outside request. .xml is JUnit, .sarif for code scanning,
    .jsonl as garak writes it, .avid.json for the AI Vulnerability Database.

    $ quintain runs report 12 report.html
    $ quintain runs report 12 results.json junit.xml attempts.csv
    """
    check_places(files)
    with_server(lambda wire: write_reports(wire, run_id, files))
