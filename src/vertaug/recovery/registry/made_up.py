"""Made-up patients are marked: in the database, in each of their rows, and on all that is shown."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.schema import ORIGIN, table_of

MADE_UP = "made-up"
"""Site of each made-up patient, so that exports and imports carry it, too."""
MADE_UP_WORDS = "MADE-UP PATIENTS: an example, drawn at random. It is of nobody and proves nothing."
_FLAG = "example"


def made_up_origin() -> dict[str, str]:
    """Return what stands in the origin of a registry that was made as an example."""
    return {_FLAG: MADE_UP}


def is_made_up(connection: Connection) -> bool:
    """Return whether a registry is an example, or holds a made-up patient."""
    patient = table_of("patient")
    flag = sa.select(sa.literal(1)).where(ORIGIN.c.name == _FLAG)
    someone = sa.select(sa.literal(1)).where(patient.c.site == MADE_UP)
    wanted = sa.select(flag.exists() | someone.exists())
    return bool(connection.execute(wanted).scalar_one())
