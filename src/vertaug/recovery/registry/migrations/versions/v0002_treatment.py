"""Drugs against osteoporosis and pain, answers by item, loss to follow-up, strength from CT."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_VISIT = ("pseudonym", "procedure_no", "kind")


def upgrade() -> None:
    """Add three tables and two columns."""
    op.add_column("patient", sa.Column("lost_on", sa.Date()))
    op.add_column("imaging", sa.Column("failure_load_n", sa.Double()))
    _make_table(
        "questionnaire",
        sa.Column("instrument", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text()),
        sa.Column("answers", sa.Text()),
    )
    _make_table(
        "analgesic",
        sa.Column("drug", sa.Text(), primary_key=True),
        sa.Column("route", sa.Text(), primary_key=True),
        sa.Column("amount", sa.Double()),
        sa.Column("unit", sa.Text()),
        sa.Column("times_per_day", sa.Double()),
    )
    op.create_table(
        "treatment",
        sa.Column("pseudonym", sa.Text(), primary_key=True),
        sa.Column("drug", sa.Text(), primary_key=True),
        sa.Column("started_on", sa.Date(), primary_key=True),
        sa.Column("stopped_on", sa.Date()),
        sa.ForeignKeyConstraint(["pseudonym"], ["patient.pseudonym"], name="treatment_parent"),
        sqlite_with_rowid=False,
    )
    of_scale = ["instrument", "score", "scale", "kind", "pseudonym", "procedure_no", "value"]
    op.create_index("score_by_scale", "score", of_scale)


def downgrade() -> None:
    """Take them back; what they hold is lost."""
    op.drop_index("score_by_scale", "score")
    for table in ("treatment", "analgesic", "questionnaire"):
        op.drop_table(table)
    op.drop_column("imaging", "failure_load_n")
    op.drop_column("patient", "lost_on")


def _make_table(name: str, *columns: sa.Column[str] | sa.Column[float]) -> None:
    """Make a table of things of a visit."""
    op.create_table(
        name,
        sa.Column("pseudonym", sa.Text(), primary_key=True),
        sa.Column("procedure_no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        *columns,
        sa.ForeignKeyConstraint(_VISIT, [f"visit.{n}" for n in _VISIT], name=f"{name}_parent"),
        sqlite_with_rowid=False,
    )
