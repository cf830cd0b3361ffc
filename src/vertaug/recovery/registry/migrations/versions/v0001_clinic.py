"""Patients, procedures, predictions, visits, scores, events, images, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    "new_fracture", "imaging", "event", "score", "visit", "prediction", "procedure_level",
    "procedure", "identity", "patient", "registry_origin", "audit_head", "audit",
)  # fmt: skip
_REFUSAL = "the audit log is append-only"


def upgrade() -> None:
    """Make the tables."""
    _make_audit()
    _make_people()
    _make_procedures()
    _make_visits()
    _make_findings()


def downgrade() -> None:
    """Remove all tables with all rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
    for name in _TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change")


def _text(name: str, *, key: bool = False, required: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=key, nullable=not (key or required))


def _whole(name: str, *, key: bool = False, required: bool = False) -> sa.Column[int]:
    return sa.Column(
        name, sa.Integer(), primary_key=key, nullable=not (key or required), autoincrement=False
    )


def _day(name: str, *, key: bool = False, required: bool = False) -> sa.Column[sa.Date]:
    return sa.Column(name, sa.Date(), primary_key=key, nullable=not (key or required))  # type: ignore[arg-type]


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double()) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean()) for name in names]


def _parent(child: str, table: str, *names: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        names, [f"{table}.{name}" for name in names], name=f"{child}_parent"
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        *(_text(n, required=True) for n in ("at", "actor", "role", "action", "object")),
        _text("row_hash"),
        _text("changed"),
        _text("previous", required=True),
        _text("hash", required=True),
    )
    op.create_table(
        "audit_head",
        _whole("id", key=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        _text("hash", required=True),
    )
    op.create_table("registry_origin", _text("name", key=True), _text("value", required=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
        )
        op.execute(
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _make_people() -> None:
    op.create_table(
        "patient",
        _text("pseudonym", key=True),
        _day("enrolled_on", required=True),
        _whole("age_y"),
        _text("sex"),
        _text("site"),
        *_numbers("t_score"),
        _day("died_on"),
        _day("withdrawn_on"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identity",
        _text("pseudonym", key=True),
        _text("name"),
        _text("record_number"),
        _day("birth_date"),
        _text("salt", required=True),
        _parent("identity", "patient", "pseudonym"),
        sqlite_with_rowid=False,
    )
    op.create_index("identity_record_number", "identity", ["record_number"], unique=True)


def _make_procedures() -> None:
    op.create_table(
        "procedure",
        _text("pseudonym", key=True),
        _whole("procedure_no", key=True),
        _day("done_on", required=True),
        _text("procedure", required=True),
        _text("cause"),
        _text("anaesthesia"),
        *_flags("inpatient"),
        *_numbers("fluoroscopy_s", "kap_gy_cm2"),
        _text("note"),
        _parent("procedure", "patient", "pseudonym"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "procedure_level",
        _text("pseudonym", key=True),
        _whole("procedure_no", key=True),
        _text("level", key=True),
        _text("sides"),
        *_numbers("cement_ml", "balloon_ml"),
        *_flags("leak_seen"),
        _text("leak_looked_with"),
        *_numbers("leak_ml"),
        *_flags("leak_b", "leak_s", "leak_c", "leak_d"),
        _parent("procedure_level", "procedure", "pseudonym", "procedure_no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "prediction",
        _text("pseudonym", key=True),
        _whole("procedure_no", key=True),
        _text("level", key=True),
        _text("simulated", key=True),
        _text("quantity", key=True),
        *_numbers("value"),
        *_flags("usable"),
        _text("definition"),
        _text("case_sha256"),
        _text("software"),
        _parent("prediction", "procedure_level", "pseudonym", "procedure_no", "level"),
        sqlite_with_rowid=False,
    )


def _make_visits() -> None:
    op.create_table(
        "visit",
        _text("pseudonym", key=True),
        _whole("procedure_no", key=True),
        _text("kind", key=True),
        _text("status", required=True),
        _day("visited_on"),
        _text("missed_why"),
        *_numbers("mme_per_day"),
        _text("mme_factors"),
        _whole("nonopioid_count"),
        _text("walking"),
        *_flags("neuro_normal", "red_flag", "osteoporosis_treated"),
        _text("note"),
        _parent("visit", "procedure", "pseudonym", "procedure_no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "score",
        _text("pseudonym", key=True),
        _whole("procedure_no", key=True),
        _text("kind", key=True),
        _text("instrument", key=True),
        _text("score", key=True),
        _text("version"),
        _text("scale", required=True),
        *_numbers("value"),
        _whole("answered"),
        _whole("asked"),
        _text("flags"),
        _parent("score", "visit", "pseudonym", "procedure_no", "kind"),
        sqlite_with_rowid=False,
    )


def _make_findings() -> None:
    op.create_table(
        "event",
        _text("pseudonym", key=True),
        _whole("event_no", key=True),
        _whole("procedure_no", required=True),
        _text("level"),
        _text("type", required=True),
        _day("onset_on", required=True),
        _text("grading"),
        _text("grade"),
        _text("related_to"),
        *_flags("serious", "near_miss"),
        _text("outcome"),
        _text("action"),
        _parent("event", "patient", "pseudonym"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imaging",
        _text("pseudonym", key=True),
        _day("imaged_on", key=True),
        _text("modality", key=True),
        _text("level", key=True),
        *_flags("standing", "fractures_looked_for"),
        *_numbers("height_anterior_mm", "height_middle_mm", "height_posterior_mm"),
        *_numbers("wedge_angle_deg", "local_kyphosis_deg"),
        _parent("imaging", "patient", "pseudonym"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "new_fracture",
        _text("pseudonym", key=True),
        _text("level", key=True),
        _day("found_on", key=True),
        *_flags("adjacent", "symptomatic"),
        _parent("new_fracture", "patient", "pseudonym"),
        sqlite_with_rowid=False,
    )
