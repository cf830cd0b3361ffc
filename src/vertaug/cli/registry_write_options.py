"""The commands of the registry that write a row."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vertaug.cli.options import Json
from vertaug.cli.registry_options import (
    By,
    Database,
    Day,
    ProcedureNo,
    Pseudonym,
    Replace,
    Role,
    VisitKind,
)

Text = Annotated[str | None, typer.Option(show_default=False)]
Number = Annotated[float | None, typer.Option(show_default=False)]
Flag = Annotated[bool | None, typer.Option(show_default=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPatient:
    """Enrol a patient under a pseudonym, and print it.

    Name, record number and date of birth stay in a table of their own that no export holds
    unless asked. The registry refuses a person it knows.
    """

    enrolled_on: Day
    pseudonym: Annotated[
        str | None, typer.Option(help="Of the site. (default: drawn at random)")
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="Derive the pseudonym from the record number and this secret of the site."
        ),
    ] = None
    age_y: Annotated[int | None, typer.Option(help="Age in years when enrolled.")] = None
    sex: Annotated[str | None, typer.Option(help="female, male or other.")] = None
    site: Text = None
    t_score: Number = None
    name: Text = None
    record_number: Text = None
    birth_date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write the patient."""
        from vertaug.cli.registry_write import add_patient

        add_patient(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProcedure:
    """Record a procedure with one treated level; call again with --level for more levels."""

    pseudonym: Pseudonym
    on: Day
    procedure: Annotated[str, typer.Option(help="vertebroplasty or kyphoplasty.")]
    level: Annotated[str, typer.Option(help="Treated level, such as L1.")]
    cause: Annotated[
        str | None, typer.Option(help="osteoporotic, neoplastic, traumatic or other.")
    ] = None
    sides: Annotated[str | None, typer.Option(help="Needles: left, right or both.")] = None
    cement_ml: Number = None
    balloon_ml: Number = None
    leak: Annotated[bool | None, typer.Option("--leak/--no-leak", help="Cement outside.")] = None
    leak_ml: Number = None
    leak_looked_with: Annotated[str | None, typer.Option(help="fluoroscopy, radiograph or ct.")] = (
        None
    )
    anaesthesia: Annotated[str | None, typer.Option(help="local, sedation or general.")] = None
    kap_gy_cm2: Number = None
    fluoroscopy_s: Number = None
    procedure_no: ProcedureNo = 1
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write procedure and level."""
        from vertaug.cli.registry_write import add_procedure

        add_procedure(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCase:
    """Take plan and simulation of a case folder as predictions of a treated level."""

    case: Annotated[Path, typer.Argument(metavar="CASE", help="A case folder.")]
    pseudonym: Pseudonym
    level: Annotated[str | None, typer.Option(help="(default: the level of the case)")] = None
    procedure_no: ProcedureNo = 1
    replace: Replace = False
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write the predictions."""
        from vertaug.cli.registry_write import add_case_folder

        add_case_folder(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddVisit:
    """Record a visit that was made, or that was missed.

    What was not asked is left out: it stays unknown, never zero.
    """

    pseudonym: Pseudonym
    kind: VisitKind
    on: Annotated[
        str | None, typer.Option("--on", metavar="YYYY-MM-DD", help="Day of a visit that was made.")
    ] = None
    missed: Annotated[
        str | None,
        typer.Option(help="Why it was missed: not_reached, declined, ill, other, unknown."),
    ] = None
    opioid: Annotated[
        list[str] | None,
        typer.Option(help='As taken, such as "oxycodone 10 mg x2"; may be given again.'),
    ] = None
    no_opioids: Annotated[bool, typer.Option("--no-opioids", help="Asked, and none.")] = False
    nonopioid_count: Annotated[int | None, typer.Option(help="Other drugs for pain.")] = None
    walking: Annotated[str | None, typer.Option(help="unaided, aid, help or bed.")] = None
    neuro: Annotated[
        bool | None, typer.Option("--neuro-normal/--neuro-changed", help="Legs as before.")
    ] = None
    red_flag: Annotated[
        bool | None, typer.Option("--red-flag/--no-red-flag", help="A red flag was told.")
    ] = None
    osteoporosis_treated: Annotated[
        bool | None, typer.Option("--osteoporosis-treated/--osteoporosis-untreated")
    ] = None
    note: Text = None
    procedure_no: ProcedureNo = 1
    replace: Replace = False
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write the visit."""
        from vertaug.cli.registry_write import add_visit

        add_visit(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProm:
    """Record the answers to an instrument at a visit, and score them."""

    pseudonym: Pseudonym
    kind: VisitKind
    instrument: Annotated[
        str, typer.Argument(metavar="INSTRUMENT", help="Such as nrs_move, rmdq24, rand36.")
    ]
    answer: Annotated[
        list[str] | None,
        typer.Option(help="item=value, na for not applicable; may be given again."),
    ] = None
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Answers by item as JSON.")
    ] = None
    procedure_no: ProcedureNo = 1
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Score and write."""
        from vertaug.cli.registry_write import add_prom

        add_prom(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEvent:
    """Record an adverse event or a near miss."""

    pseudonym: Pseudonym
    type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as pain_flare, infection.")]
    on: Day
    level: Annotated[str | None, typer.Option(help="Level, where it is of one.")] = None
    grading: Annotated[str | None, typer.Option(help="ctcae, sir or cirse.")] = None
    grade: Annotated[str | None, typer.Option(help="CTCAE 1-5, SIR A-F, CIRSE 1-6.")] = None
    related_to: Annotated[
        str | None, typer.Option(help="device, procedure, disease, unrelated or unknown.")
    ] = None
    serious: Annotated[bool | None, typer.Option("--serious/--not-serious")] = None
    near_miss: Annotated[bool, typer.Option("--near-miss", help="Caught before harm.")] = False
    outcome: Annotated[
        str | None,
        typer.Option(help="recovered, recovering, sequelae, ongoing, fatal or unknown."),
    ] = None
    action: Text = None
    procedure_no: ProcedureNo = 1
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write the event under the next number."""
        from vertaug.cli.registry_write import add_event

        add_event(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Write a row of any table: imaging, new_fracture, treatment, procedure_level and the others.

    Columns that are not named are unknown. vertaug registry info --columns lists them.
    """

    table: Annotated[str, typer.Argument(metavar="TABLE", help="Such as imaging.")]
    values: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE...", help="What it holds.")]
    replace: Replace = False
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Write the row."""
        from vertaug.cli.registry_write import add_row

        add_row(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Remove the name of a patient, or with --everything all that is recorded of one.

    The audit log keeps that there was something, not what.
    """

    pseudonym: Pseudonym
    everything: Annotated[bool, typer.Option("--everything", help="All rows.")] = False
    database: Database = None
    by: By = None
    role: Role = "coordinator"
    json_output: Json = False

    def run(self) -> None:
        """Remove."""
        from vertaug.cli.registry_write import forget

        forget(self)
