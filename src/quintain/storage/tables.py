"""The tables, in types that SQLite and PostgreSQL share.

Times are microseconds since 1970 UTC, JSON is text written by orjson. The first migration makes
the same tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
# SQLite gives ids of its own only to columns of the very type INTEGER, which has 64 bits there.
BigId = BigInteger().with_variant(Integer, "sqlite")

# One row. Every write transaction raises `number` first, so writers come one after the other and
# the numbers are in the order of the commits.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# The master keys that the store was written with: a constant sealed by each (vault/checks.py).
master_keys = Table(
    "master_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("check_value", LargeBinary, nullable=False),
)

projects = Table(
    "projects",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

keys = Table(
    "keys",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False),
    Column("models", Text),  # JSON list of saved names, null for all
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("change_number", BigInteger, nullable=False, index=True),
    Column("run_id", BigInteger),  # the run that it was made for, and is revoked with
    sqlite_autoincrement=True,
)

models = Table(
    "models",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False),
    Column("saved_name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("testing_for", Text, nullable=False),
    Column("model_name", Text),
    Column("model_provider", Text, nullable=False),
    Column("certifications", Text, nullable=False),  # JSON list
    Column("config", Text, nullable=False),  # JSON, without any secret
    Column("search", Text, nullable=False),  # casefolded saved name and model name
    Column("revision", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "saved_name", "version"),
    # The newest version of a name, without a sort.
    Index("ix_models_newest", "project_id", "saved_name", "id"),
    # Filters and counts from the index alone, without the wide rows.
    Index("ix_models_list", "project_id", "id", "testing_for", "model_provider"),
    sqlite_autoincrement=True,
)

# A table of its own, so that changing the master key rewrites no wide row.
data_keys = Table(
    "data_keys",
    metadata,
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("master_key", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Index("ix_data_keys_master_key", "master_key", "model_id"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# What happened to each model; stays when the model is deleted, so no foreign key to it.
revisions = Table(
    "revisions",
    metadata,
    Column("change_number", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False),
    Column("model_id", BigInteger, nullable=False),
    Column("saved_name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("changes", Text, nullable=False),  # JSON list, secrets only as "changed"
    UniqueConstraint("model_id", "revision"),
    Index("ix_revisions_name", "project_id", "saved_name", "version"),
)

# One suite on one model version. The model may be modified or deleted later, so what mattered of it
# is here, and there is no foreign key to it.
runs = Table(
    "runs",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False),
    Column("model_id", BigInteger, nullable=False),
    Column("saved_name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("model_digest", Text, nullable=False),
    Column("suite_name", Text, nullable=False),
    Column("suite_digest", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("started_by", Text, nullable=False),  # the prefix of the key
    Column("state", Text, nullable=False),
    Column("wanted", Text, nullable=False),  # `run` or `cancel`
    Column("reason", Text, nullable=False),
    Column("turn", Integer, nullable=False),  # how often it was started or resumed
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("plan", Text, nullable=False),  # JSON: see runs/model.py
    Column("outcome", Text, nullable=False),  # JSON likewise, what was found out on the way
    Index("ix_runs_list", "project_id", "id"),
    Index("ix_runs_model", "project_id", "saved_name", "version", "id"),
    Index("ix_runs_state", "state", "id"),
    sqlite_autoincrement=True,
)

# One prompt, its answer and its verdict. An error that is tried again makes way for a new row with
# a higher id, so the ids of a run are in the order in which its attempts were recorded.
attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run_id", BigInteger, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("probe", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("technique", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("judge_calls", Integer, nullable=False),
    Column("attacker_calls", Integer, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # of its detail, in bytes
    UniqueConstraint("run_id", "probe", "seq"),
    # Pages of a filter from the index alone; of a verdict, which may be rare, without a search.
    Index("ix_attempts_page", *("run_id", "id", "kind", "category", "technique", "engine")),
    Index("ix_attempts_verdict", "run_id", "verdict", "id"),
    sqlite_autoincrement=True,
)

# A table of its own, so that whoever pages, filters or compares attempts reads no wide row.
attempt_details = Table(
    "attempt_details",
    metadata,
    Column(
        "attempt_id", BigInteger, ForeignKey("attempts.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("detail", Text, nullable=False),  # JSON: prompt, answer, tool calls, scores, reasons
)

# The attempts of a run, counted and added up as they are recorded: a score of a million attempts
# reads as many rows as there are probes.
tallies = Table(
    "tallies",
    metadata,
    Column("run_id", BigInteger, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    *(
        Column(name, Text, primary_key=True)
        for name in ("probe", "verdict", "kind", "engine", "category", "technique", "severity")
    ),
    Column("number", BigInteger, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("calls", "judge_calls", "attacker_calls", "retries")
    ),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
)

# Users' own prompts and suites, whole: each is read as one thing.
datasets = Table(
    "datasets",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("number_of_rows", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # JSON Lines, one normalised row each
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

suites = Table(
    "suites",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("project_id", BigInteger, ForeignKey("projects.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("engines", Text, nullable=False),  # JSON list, for those who list suites
    Column("digest", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),  # JSON
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)
