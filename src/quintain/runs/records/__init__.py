"""All that the store knows of runs: the only place of the room that speaks SQL."""

from quintain.runs.records.attempts import AttemptFilters
from quintain.runs.records.datasets import DataSet, DataSets
from quintain.runs.records.records import Records
from quintain.runs.records.suites import SuiteRecord, Suites
from quintain.runs.records.sums import Pair, Totals

__all__ = [
    "AttemptFilters",
    "DataSet",
    "DataSets",
    "Pair",
    "Records",
    "SuiteRecord",
    "Suites",
    "Totals",
]
