"""The engine that needs no install: goals of our own, put by many techniques, and users' data sets."""

from .engine import catalogue, plan, run

__all__ = ["catalogue", "plan", "run"]
