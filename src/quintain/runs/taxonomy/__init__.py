"""What the categories and techniques are called, what they mean, and where frameworks name them."""

from quintain.runs.taxonomy.loading import TAXONOMY
from quintain.runs.taxonomy.model import Category, Entry, Framework, Taxonomy, Technique

__all__ = ["TAXONOMY", "Category", "Entry", "Framework", "Taxonomy", "Technique"]
