"""Projects, keys, models with their secrets and revisions.

Written out, not taken from `tables`: a migration says what was, also when the tables have moved on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _vault_and_changes()
    _projects_and_keys()
    _models()
    _sealed()
    _revisions()


def _vault_and_changes() -> None:
    changes = op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.bulk_insert(changes, [{"id": 1, "number": 0}])
    op.create_table(
        "master_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("check_value", sa.LargeBinary, nullable=False),
    )


def _projects_and_keys() -> None:
    op.create_table(
        "projects",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "keys",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("project_id", sa.BigInteger, sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("models", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("change_number", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_keys_project_id", "keys", ["project_id"])
    op.create_index("ix_keys_change_number", "keys", ["change_number"])


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("project_id", sa.BigInteger, sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("saved_name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("testing_for", sa.Text, nullable=False),
        sa.Column("model_name", sa.Text),
        sa.Column("model_provider", sa.Text, nullable=False),
        sa.Column("certifications", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("project_id", "saved_name", "version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_models_newest", "models", ["project_id", "saved_name", "id"])
    op.create_index(
        "ix_models_list", "models", ["project_id", "id", "testing_for", "model_provider"]
    )


def _sealed() -> None:
    op.create_table(
        "data_keys",
        sa.Column("model_id", sa.BigInteger, _of_model(), primary_key=True),
        sa.Column("master_key", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_data_keys_master_key", "data_keys", ["master_key", "model_id"])
    op.create_table(
        "secrets",
        sa.Column("model_id", sa.BigInteger, _of_model(), primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("change_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("project_id", sa.BigInteger, sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("model_id", sa.BigInteger, nullable=False),
        sa.Column("saved_name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        sa.UniqueConstraint("model_id", "revision"),
    )
    op.create_index("ix_revisions_name", "revisions", ["project_id", "saved_name", "version"])


def _of_model() -> sa.ForeignKey:
    return sa.ForeignKey("models.id", ondelete="CASCADE")
