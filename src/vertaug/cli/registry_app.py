"""``vertaug registry``: patients, procedures, visits, outcomes."""

import typer

from vertaug.cli.command import as_command
from vertaug.cli.registry_exchange_options import (
    Due,
    Export,
    Import,
    Init,
    RegistryInfo,
    Summary,
    Upgrade,
    Verify,
)
from vertaug.cli.registry_write_options import (
    Add,
    AddCase,
    AddEvent,
    AddPatient,
    AddProcedure,
    AddProm,
    AddVisit,
    Forget,
)

registry_app = typer.Typer(
    name="registry",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Patients by pseudonym, procedures, visits, outcomes, with an audit log. "
    "Research and teaching, not for clinical decisions.",
)

registry_app.command(name="init")(as_command(Init))
registry_app.command(name="upgrade")(as_command(Upgrade))
registry_app.command(name="add-patient")(as_command(AddPatient))
registry_app.command(name="add-procedure")(as_command(AddProcedure))
registry_app.command(name="add-case")(as_command(AddCase))
registry_app.command(name="add-visit")(as_command(AddVisit))
registry_app.command(name="add-prom")(as_command(AddProm))
registry_app.command(name="add-event")(as_command(AddEvent))
registry_app.command(name="add")(as_command(Add))
registry_app.command(name="forget")(as_command(Forget))
registry_app.command(name="import")(as_command(Import))
registry_app.command(name="export")(as_command(Export))
registry_app.command(name="summary")(as_command(Summary))
registry_app.command(name="due")(as_command(Due))
registry_app.command(name="verify")(as_command(Verify))
registry_app.command(name="info")(as_command(RegistryInfo))
