"""quintain's measurements, for anyone to repeat. How to read them: docs/bench.md.

python bench/run.py gateway --peers nginx,litellm,portkey
python bench/run.py store
python bench/run.py attempts
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import attempts
import compare
import store
from gateways import PEERS


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _peers(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = set(names) - set(PEERS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(PEERS)}")
    return names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--rounds", type=int, default=3, help="medians are taken over them")
    common.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    common.add_argument(
        "--json", metavar="FILE", help="every figure of every round too; - prints them instead"
    )
    gateway = commands.add_parser("gateway", parents=[common], help="what a call through it costs")
    gateway.add_argument("--clients", type=_numbers, default=[1, 32, 128], help="at a time")
    gateway.add_argument("--stream-clients", type=_numbers, default=[1, 32], help="at a time")
    gateway.add_argument("--gap-ms", type=float, default=2.0, help="between a stream's chunks")
    gateway.add_argument(
        "--peers",
        type=_peers,
        default=["nginx"],
        help=f"of {', '.join(PEERS)}; litellm and portkey are installed into bench/.cache",
    )
    stored = commands.add_parser("store", parents=[common], help="what many models cost")
    stored.add_argument("--callers", type=_numbers, default=[1, 8], help="of add-model, at a time")
    stored.add_argument(
        "--models", type=_numbers, default=[1, 1000, 100_000], help="stored while calls are made"
    )
    recorded = commands.add_parser("attempts", help="what a run of many attempts costs")
    recorded.add_argument("--attempts", type=int, default=1_000_000, help="in each of two runs")
    recorded.add_argument("--rounds", type=int, default=3, help="medians are taken over them")
    recorded.add_argument("--json", metavar="FILE", help="every figure too; - prints them instead")
    recorded.add_argument(
        "--database-url", default="", help="postgresql+psycopg://...: an empty database, to fill"
    )
    return parser.parse_args()


def _measure(given: argparse.Namespace) -> tuple[dict[str, Any], str]:
    if given.command == "gateway":
        report = compare.run(
            compare.Plan(
                clients=given.clients,
                stream_clients=given.stream_clients,
                rounds=given.rounds,
                seconds=given.seconds,
                peers=given.peers,
                gap_ms=given.gap_ms,
            )
        )
        return compare.as_json(report), compare.show(report)
    if given.command == "attempts":
        made = attempts.Made(given.attempts, given.rounds, given.database_url)
        recorded = attempts.run(made)
        return attempts.as_json(recorded), attempts.show(recorded)
    plan = store.Plan(given.callers, given.models, given.rounds, given.seconds)
    stored = store.run(plan)
    return store.as_json(stored), store.show(stored)


def main() -> None:
    given = _arguments()
    if sys.platform != "linux":
        sys.exit("These measurements read /proc, which only Linux has.")
    figures, text = _measure(given)
    if given.json == "-":
        print(json.dumps(figures, indent=2))
        return
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=2) + "\n")
    print(text)


if __name__ == "__main__":
    main()
