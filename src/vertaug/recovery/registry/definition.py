"""The tables of the registry as read from ``data/tables.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from vertaug.case.errors import InputError
from vertaug.recovery.registry.field import Field, FieldKind

IDENTITY = "identity"
"""The only table that names persons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDefinition:
    """A table.

    Attributes
    ----------
    name, label : str
    key : tuple of str
        Columns that together name a row.
    parent : str
        Table whose key each row must have, empty for patients.
    fields : tuple of Field
    columns : tuple of str
        Their names.
    """

    name: str
    label: str
    key: tuple[str, ...]
    parent: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]

    @property
    def hidden(self) -> tuple[str, ...]:
        """Columns whose words go into no log: they may name a person."""
        return tuple(f.name for f in self.fields if f.identifies or f.kind is FieldKind.NOTE)

    def field(self, name: str) -> Field:
        """Return a column by its name.

        Raises
        ------
        InputError
            If there is none.
        """
        for field in self.fields:
            if field.name == name:
                return field
        message = f"{self.name} has no column {name}; it has {', '.join(self.columns)}"
        raise InputError(message)


@cache
def read_definitions() -> dict[str, TableDefinition]:
    """Return the tables by name, parents before children."""
    text = files("vertaug.recovery.registry").joinpath("data/tables.toml").read_text("utf-8")
    return {name: _read_table(name, tree) for name, tree in tomllib.loads(text).items()}


def define_table(name: str) -> TableDefinition:
    """Return a table by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    tables = read_definitions()
    if name not in tables:
        message = f"the registry has no table {name}; it has {', '.join(tables)}"
        raise InputError(message)
    return tables[name]


def _read_table(name: str, tree: dict[str, Any]) -> TableDefinition:
    fields = tuple(
        Field(
            name=column,
            kind=FieldKind(given["kind"]),
            label=given["label"],
            unit=given.get("unit", ""),
            low=given.get("low"),
            high=given.get("high"),
            choices=tuple(given.get("choices", ())),
            required=given.get("required", False),
            identifies=given.get("identifies", False),
        )
        for column, given in tree["fields"].items()
    )
    return TableDefinition(
        name=name,
        label=tree["label"],
        key=tuple(tree["key"]),
        parent=tree.get("parent", ""),
        fields=fields,
        columns=tuple(tree["fields"]),
    )
