"""Who may write to a case folder, and what is left when a run ends."""

import pytest

from vertaug.case.errors import FormatError, InputError, StorageError
from vertaug.workflow.workspace import PRIVATE, check_target, open_workspace


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_target_that_does_not_exist_or_is_empty_is_accepted(tmp_path):
    check_target(tmp_path / "new")
    check_target(tmp_path)
    assert names(tmp_path) == []


def test_target_with_other_things_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"1")
    with pytest.raises(InputError, match="not empty and not a case"):
        check_target(tmp_path)


def test_target_of_a_killed_run_is_accepted(tmp_path):
    (tmp_path / PRIVATE).mkdir()
    check_target(tmp_path)


def test_target_with_a_damaged_case_may_be_made_again(tmp_path):
    (tmp_path / "case.json").write_text("{")
    with pytest.raises(InputError, match="not a case of vertaug"):  # somebody else's case.json
        check_target(tmp_path)
    (tmp_path / PRIVATE).mkdir()
    check_target(tmp_path)


def test_target_from_the_future_is_refused(tmp_path):
    (tmp_path / "case.json").write_text('{"schema_version": 2000}')
    with pytest.raises(FormatError, match="newer version"):
        check_target(tmp_path)


def test_failure_removes_a_new_folder_with_its_parents(tmp_path):
    case = tmp_path / "a" / "b" / "case"
    with pytest.raises(ValueError, match="boom"), open_workspace(case) as workspace:
        (workspace.steps / "anatomy-1.npz").write_bytes(b"1")
        (case / "half.txt").write_text("half")
        raise ValueError("boom")
    assert names(tmp_path) == []


def test_failure_keeps_what_others_put_beside_a_new_folder(tmp_path):
    case = tmp_path / "a" / "case"
    with pytest.raises(ValueError, match="boom"), open_workspace(case):
        (tmp_path / "a" / "theirs.txt").write_text("x")
        raise ValueError("boom")
    assert names(tmp_path) == ["a", "a/theirs.txt"]


def test_failure_empties_a_folder_that_was_empty(tmp_path):
    with pytest.raises(ValueError, match="boom"), open_workspace(tmp_path) as workspace:
        (workspace.steps / "anatomy-1.npz").write_bytes(b"1")
        raise ValueError("boom")
    assert names(tmp_path) == []


def test_failure_keeps_an_older_case(tmp_path):
    with open_workspace(tmp_path):
        (tmp_path / "report.html").write_text("old")
    with pytest.raises(ValueError, match="boom"), open_workspace(tmp_path) as workspace:
        workspace.staging.mkdir()
        (workspace.staging / "report.html").write_text("half")
        raise ValueError("boom")
    assert (tmp_path / "report.html").read_text() == "old"
    assert not (tmp_path / PRIVATE / "staging").exists()


def test_a_stopped_run_keeps_finished_steps_only(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_workspace(tmp_path / "one") as workspace:
        (workspace.steps / "anatomy-1.npz").write_bytes(b"1")
        raise KeyboardInterrupt
    assert (tmp_path / "one" / PRIVATE / "steps" / "anatomy-1.npz").exists()
    with pytest.raises(KeyboardInterrupt), open_workspace(tmp_path / "two"):
        raise KeyboardInterrupt
    assert not (tmp_path / "two").exists()


def test_only_one_run_at_a_time(tmp_path):
    with open_workspace(tmp_path):
        with pytest.raises(StorageError, match="another run"), open_workspace(tmp_path):
            pytest.fail("two runs in one folder")
        assert (tmp_path / PRIVATE / "steps").is_dir()
    with open_workspace(tmp_path):
        assert (tmp_path / PRIVATE / "lock").exists()


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(StorageError, match="cannot be made"),
        open_workspace(tmp_path / "file" / "case"),
    ):
        pytest.fail("a folder inside a file")
