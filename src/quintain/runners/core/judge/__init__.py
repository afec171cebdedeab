"""Verdicts by a model: what it is asked, how its word is read, and how far it can be trusted."""
