"""Staged files move into the case together; older ones that are no more go away."""

import json

import pytest

from vertaug.case.errors import StorageError
from vertaug.workflow.publish import is_intact, publish, read_manifest
from vertaug.workflow.workspace import PRIVATE, open_workspace


def stage(workspace, **files):
    for name, text in files.items():
        path = workspace.staging / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_files_appear_and_the_manifest_knows_them(tmp_path):
    with open_workspace(tmp_path) as workspace:
        stage(workspace, case_dot_json="{}", plans__one_dot_json="1")
        manifest = publish(workspace, "key")
    assert (tmp_path / "plans" / "one.json").read_text() == "1"
    assert read_manifest(tmp_path) == manifest
    assert is_intact(tmp_path, manifest)
    (tmp_path / "plans" / "one.json").write_text("2")
    assert not is_intact(tmp_path, manifest)


def test_files_of_the_last_run_that_are_no_more_are_removed(tmp_path):
    with open_workspace(tmp_path) as workspace:
        stage(workspace, case_dot_json="{}", plans__old_dot_json="1")
        publish(workspace, "key")
    (tmp_path / "notes.txt").write_text("the user's own")
    with open_workspace(tmp_path) as workspace:
        stage(workspace, case_dot_json="{ }")
        publish(workspace, "other")
    assert not (tmp_path / "plans").exists()
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "case.json").read_text() == "{ }"


def test_an_edited_manifest_cannot_reach_outside(tmp_path):
    outside = tmp_path / "precious.txt"
    outside.write_text("x")
    case = tmp_path / "case"
    with open_workspace(case) as workspace:
        stage(workspace, case_dot_json="{}")
        publish(workspace, "key")
    record = case / PRIVATE / "outputs.json"
    tree = json.loads(record.read_text())
    tree["files"]["../precious.txt"] = "0"
    record.write_text(json.dumps(tree))
    with open_workspace(case) as workspace:
        stage(workspace, case_dot_json="{}")
        publish(workspace, "key")
    assert outside.read_text() == "x"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": "1", "files": 3}'])
def test_a_damaged_manifest_counts_as_none(tmp_path, text):
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / PRIVATE / "outputs.json").write_text(text)
    assert read_manifest(tmp_path) is None


def test_a_folder_in_the_way(tmp_path):
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / "report.html" / "x").mkdir(parents=True)
    with open_workspace(tmp_path) as workspace:
        stage(workspace, report_dot_html="1")
        with pytest.raises(StorageError, match="folder in the place of a file"):
            publish(workspace, "key")


def test_a_file_in_the_way_stops_everything_before_the_first_move(tmp_path):
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / "mechanics").write_text("mine")
    (tmp_path / "case.json").write_text("old")
    with open_workspace(tmp_path) as workspace:
        stage(workspace, case_dot_json="new", a_dot_txt="1", mechanics__l1_dot_inp="2")
        with pytest.raises(StorageError, match="file in the place of a folder"):
            publish(workspace, "key")
    assert (tmp_path / "case.json").read_text() == "old"
    assert (tmp_path / "mechanics").read_text() == "mine"
    assert not (tmp_path / "a.txt").exists()
