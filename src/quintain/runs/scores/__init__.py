"""What a run's attempts amount to: scores, findings, and comparisons of two runs."""

from quintain.runs.scores.comparing import Comparison, compare
from quintain.runs.scores.scoring import Scores, score
from quintain.runs.scores.weakness import Finding, findings

__all__ = ["Comparison", "Finding", "Scores", "compare", "findings", "score"]
