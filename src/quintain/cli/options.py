"""The options that several commands share, said once."""

from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print the server's answer as JSON and nothing else.")
]
Spelled = Annotated[
    str,
    typer.Argument(
        metavar="NAME[:VERSION]", help="The saved name; without a version, its newest one."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
