"""Users' own data sets: read, checked, and made cases of."""

from .reading import Bad, normal, rows
from .row import Problem

__all__ = ["Bad", "Problem", "normal", "rows"]
