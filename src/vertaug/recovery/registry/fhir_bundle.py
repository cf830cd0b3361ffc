"""FHIR R4 bundles of the registry, checked before they are written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection, Engine

from vertaug.case.errors import FormatError, InputError, MissingExtraError
from vertaug.case.storage import replace_text
from vertaug.recovery.registry.connection import reading
from vertaug.recovery.registry.export import refuse_used
from vertaug.recovery.registry.fhir_code import Resource
from vertaug.recovery.registry.fhir_resource import list_resources
from vertaug.recovery.registry.release import ReleaseRules, leaving_tables, read_leaving

_PATIENTS_EACH = 200


def export_fhir(
    engine: Engine, folder: Path, rules: ReleaseRules, pseudonym: str | None = None
) -> tuple[Path, ...]:
    """Write bundles of up to 200 patients each, and return the files.

    Parameters
    ----------
    engine : Engine
    folder : Path
        New or empty.
    rules : ReleaseRules
    pseudonym : str or None
        Of one patient; None for all.

    Raises
    ------
    InputError
        If the folder holds anything, or there is no such patient.
    MissingExtraError
        If fhir.resources is not installed.
    """
    refuse_used(folder)
    files: list[Path] = []
    with reading(engine) as connection:
        patients = _gather(connection, rules, pseudonym)
        while batch := list(islice(patients, _PATIENTS_EACH)):
            bundle = make_bundle(batch)
            check_bundle(bundle)
            text = json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False)
            files.append(replace_text(folder / f"bundle-{len(files) + 1:04d}.json", text + "\n"))
    if not files:
        whom = "has no patient" if pseudonym is None else f"has no patient {pseudonym}"
        message = f"the registry {whom}; nothing was written"
        raise InputError(message)
    return tuple(files)


def _gather(
    connection: Connection, rules: ReleaseRules, pseudonym: str | None
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Yield the rows of one patient after another, all tables side by side."""
    streams = {
        table.name: _ByPatient(read_leaving(connection, table, fields, rules, pseudonym))
        for table, fields in leaving_tables(rules)
    }
    for person in streams.pop("patient").rest():
        name = str(person["pseudonym"])
        yield {"patient": [person]} | {t: stream.take(name) for t, stream in streams.items()}


class _ByPatient:
    """Rows in the order of their pseudonyms, taken patient by patient."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, pseudonym: str) -> list[dict[str, Any]]:
        found = []
        while self._next is not None and self._next["pseudonym"] == pseudonym:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found

    def rest(self) -> Iterator[dict[str, Any]]:
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)


def make_bundle(patients: Sequence[Mapping[str, Sequence[Mapping[str, Any]]]]) -> Resource:
    """Return a bundle of all resources of some patients."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "entry": [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
            for rows in patients
            for resource in list_resources(rows)
        ],
    }


def check_bundle(bundle: Resource) -> None:
    """Check a bundle against FHIR R4 (the R4B models of fhir.resources).

    Raises
    ------
    FormatError
        If it does not fit.
    MissingExtraError
        If fhir.resources is not installed.
    """
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ImportError as error:
        message = 'FHIR needs fhir.resources; install it with: pip install "vertaug[registry]"'
        raise MissingExtraError(message) from error
    try:
        Bundle.model_validate(bundle)
    except ValueError as error:
        message = f"the bundle is no valid FHIR R4: {str(error).splitlines()[0]}"
        raise FormatError(message) from error
