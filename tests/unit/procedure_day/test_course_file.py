"""A course on disk: read back as it was, edited ones refused."""

import json
from datetime import timedelta

import pytest

from vertaug.case.errors import FormatError
from vertaug.procedure_day.course import ItemState, Role, start_course
from vertaug.procedure_day.course_file import COURSE_VERSION, read_course, write_course
from vertaug.procedure_day.course_step import advance, record_item
from vertaug.procedure_day.state import State


@pytest.fixture
def course(at, procedure):
    found = start_course("L1", procedure, at(0))
    steps = (State.ASSESSED, State.IMAGED, State.DECIDED, State.CONSENTED, State.SCHEDULED)
    for state in steps:
        found = advance(
            found, state, time=found.last_time + timedelta(days=1), actor_role=Role.COORDINATOR
        )
    found = record_item(
        found, "consent", ItemState.DONE, time=found.last_time, actor_role=Role.NURSE
    )
    return advance(
        found,
        State.CONSENTED,
        time=found.last_time,
        actor_role=Role.OPERATOR,
        values={"pain_nrs": 7, "dough_seen": False, "side": "left", "batch": 2},
        reason="asked again",
    )


def test_it_is_read_back_as_it_was(course, tmp_path):
    path = write_course(course, tmp_path / "deep" / "course.json")
    assert read_course(path) == course
    again = write_course(read_course(path), tmp_path / "again.json")
    assert again.read_bytes() == path.read_bytes()


def test_it_says_its_version_and_what_it_is_for(course, tmp_path):
    tree = json.loads(write_course(course, tmp_path / "course.json").read_text())
    assert tree["schema_version"] == COURSE_VERSION
    assert tree["research_use_only"] is True
    assert tree["state"] == "consented"


def _edited(course, tmp_path, edit):
    path = write_course(course, tmp_path / "course.json")
    tree = json.loads(path.read_text())
    edit(tree)
    path.write_text(json.dumps(tree))
    return path


def _drop_first(tree):
    del tree["entries"][0]


def _turn_back(tree):
    tree["entries"][1]["time"] = "2020-01-01T00:00:00+00:00"


def _say_end(tree):
    tree["state"] = "followup"


def _jump(tree):
    tree["entries"][0]["to_state"] = "inject"


def _forget_reason(tree):
    tree["entries"][-1]["reason"] = ""


def _claim_step(tree):
    tree["entries"][-1]["step"] = "forward"


@pytest.mark.parametrize(
    "edit", [_drop_first, _turn_back, _say_end, _jump, _forget_reason, _claim_step]
)
def test_what_cannot_have_happened_is_refused(course, tmp_path, edit):
    with pytest.raises(FormatError, match="cannot have happened"):
        read_course(_edited(course, tmp_path, edit))


def test_unknown_keys_are_refused(course, tmp_path):
    def add_name(tree):
        tree["entries"][0]["actor_name"] = "somebody"

    with pytest.raises(FormatError, match="damaged: entries"):
        read_course(_edited(course, tmp_path, add_name))


def test_a_newer_or_other_file_is_refused(course, tmp_path):
    with pytest.raises(FormatError, match="newer vertaug"):
        read_course(_edited(course, tmp_path, lambda tree: tree.update(schema_version=99)))
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(FormatError, match="no schema version"):
        read_course(tmp_path / "other.json")
    (tmp_path / "half.json").write_text('{"schema_ver')
    with pytest.raises(FormatError, match="cannot be read"):
        read_course(tmp_path / "half.json")
    with pytest.raises(FormatError, match="cannot be read"):
        read_course(tmp_path / "none.json")
