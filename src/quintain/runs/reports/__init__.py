"""What was found, in the formats that people and programs read."""

from quintain.runs.reports.table import REPORTS, Report, stream

__all__ = ["REPORTS", "Report", "stream"]
