"""A course on disk, as JSON.

Reading it plays it again, so that a record that was edited into something that cannot have
happened is refused.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, StrictBool, ValidationError

from vertaug.case.errors import FormatError, InputError
from vertaug.case.plan import Procedure
from vertaug.case.storage import replace_text
from vertaug.procedure_day.course import (
    Course,
    ItemRecord,
    ItemState,
    Role,
    Transition,
    start_course,
)
from vertaug.procedure_day.course_step import advance, record_item
from vertaug.procedure_day.state import State, Step

COURSE_VERSION = 1
"""Version of the keys of the file."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Step(_Part):
    from_state: State
    to_state: State
    step: Step
    time: AwareDatetime
    actor_role: Role
    values: dict[str, StrictBool | float | str]
    reason: str


class _Item(_Part):
    item: str
    state: ItemState
    time: AwareDatetime
    actor_role: Role
    note: str


class _Document(_Part):
    schema_version: int
    research_use_only: bool
    level: str
    procedure: Procedure
    started: AwareDatetime
    state: State
    entries: tuple[_Step | _Item, ...]


def describe_course(course: Course) -> dict[str, Any]:
    """Return the content of the file."""
    return {
        "schema_version": COURSE_VERSION,
        "research_use_only": True,
        "level": course.level,
        "procedure": course.procedure.value,
        "started": course.started.isoformat(),
        "state": course.state.value,
        "entries": [_entry(entry) for entry in course.entries],
    }


def _entry(entry: Transition | ItemRecord) -> dict[str, Any]:
    if isinstance(entry, ItemRecord):
        return {
            "item": entry.name,
            "state": entry.state.value,
            "time": entry.time.isoformat(),
            "actor_role": entry.actor_role.value,
            "note": entry.note,
        }
    return {
        "from_state": entry.from_state.value,
        "to_state": entry.to_state.value,
        "step": entry.step.value,
        "time": entry.time.isoformat(),
        "actor_role": entry.actor_role.value,
        "values": dict(entry.values),
        "reason": entry.reason,
    }


def write_course(course: Course, path: str | Path) -> Path:
    """Write a course, whole or not at all.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    tree = describe_course(course)
    text = json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return replace_text(path, text)


def read_course(path: str | Path) -> Course:
    """Read a course and play it again.

    Raises
    ------
    FormatError
        If it cannot be read, is of a newer version, or holds a step that cannot have happened.
    """
    file = Path(path)
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{file} cannot be read as a course of a procedure: {error}"
        raise FormatError(message) from error
    version = tree.get("schema_version") if isinstance(tree, dict) else None
    if not isinstance(version, int) or version < 1:
        message = f"{file} has no schema version; it is not a course of a procedure"
        raise FormatError(message)
    if version > COURSE_VERSION:
        message = f"{file} was written by a newer vertaug (version {version}); update vertaug"
        raise FormatError(message)
    try:
        return _replay(_Document.model_validate(tree))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{file} is damaged: {where}: {first['msg']}"
        raise FormatError(message) from error
    except InputError as error:
        message = f"{file} holds what cannot have happened: {error}"
        raise FormatError(message) from error


def _replay(found: _Document) -> Course:
    course = start_course(found.level, found.procedure, found.started)
    for entry in found.entries:
        time: datetime = entry.time
        if isinstance(entry, _Item):
            course = record_item(
                course,
                entry.item,
                entry.state,
                time=time,
                actor_role=entry.actor_role,
                note=entry.note,
            )
            continue
        course = advance(
            course,
            entry.to_state,
            time=time,
            actor_role=entry.actor_role,
            values=entry.values,
            reason=entry.reason,
        )
        made = course.transitions[-1]
        if made.from_state is not entry.from_state or made.step is not entry.step:
            message = (
                f"the step to {entry.to_state} is said to come from {entry.from_state} "
                f"({entry.step}); it comes from {made.from_state} ({made.step})"
            )
            raise InputError(message)
    if course.state is not found.state:
        message = f"it is said to end at {found.state}; its entries end at {course.state}"
        raise InputError(message)
    return course
