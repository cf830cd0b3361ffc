import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from vertaug.case.plan import Procedure
from vertaug.case.spine import Region
from vertaug.report import write_case_files
from vertaug.report.markups import MARKUPS_SCHEMA


@pytest.fixture(scope="module")
def exported(spine, assessment, planning, tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    return folder, write_case_files(spine, assessment, planning, folder)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_names_of_the_files(exported):
    folder, files = exported
    names = {str(p.relative_to(folder)) for p in (*files.markups, *files.surfaces, *files.labels)}
    assert names == {
        "plans/landmarks.mrk.json",
        "plans/L1_vertebroplasty_1_left.mrk.json",
        "plans/L1_vertebroplasty_1_right.mrk.json",
        "plans/L1_vertebroplasty_2_left.mrk.json",
        "plans/L1_all.mrk.json",
        "surfaces/L1.stl",
        "surfaces/L1_vertebroplasty_1_left_needle.stl",
        "surfaces/L1_vertebroplasty_1_right_needle.stl",
        "labels/levels.nii.gz",
        "labels/levels.json",
        "labels/L1_regions.nii.gz",
        "labels/L1_regions.json",
    }
    assert names == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_plans_are_numbered_within_their_procedure(planning):
    first, second = planning.plans
    mixed = replace(
        planning, plans=(first, replace(first, procedure=Procedure.KYPHOPLASTY), second)
    )
    assert [number for number, _ in mixed.numbered()] == [1, 1, 2]


def test_a_path_is_a_line_of_two_points_in_lps_and_equals_the_plan(exported, planning):
    folder, _ = exported
    for path in planning.plans[0].paths:
        document = load(folder / "plans" / f"L1_vertebroplasty_1_{path.side}.mrk.json")
        assert document["@schema"] == MARKUPS_SCHEMA
        assert MARKUPS_SCHEMA.endswith("markups-schema-v1.0.3.json#")
        line, points = document["markups"]
        assert (line["type"], points["type"]) == ("Line", "Fiducial")
        for markup in (line, points):
            assert markup["coordinateSystem"] == "LPS"
            assert markup["coordinateUnits"] == "mm"
            assert all(c["positionStatus"] == "defined" for c in markup["controlPoints"])
            assert markup["lastUsedControlPointNumber"] == len(markup["controlPoints"])
        positions = [c["position"] for c in line["controlPoints"]]
        assert positions == [path.entry_lps_mm.tolist(), path.target_lps_mm.tolist()]
        named = {c["label"]: c["position"] for c in points["controlPoints"]}
        assert named["skin"] == path.skin_entry_lps_mm.tolist()


def test_the_combined_file_holds_all_needles_and_the_landmarks(exported, spine):
    folder, _ = exported
    markups = load(folder / "plans" / "L1_all.mrk.json")["markups"]
    assert sum(m["type"] == "Line" for m in markups) == 3
    landmarks = {c["label"]: c["position"] for c in markups[0]["controlPoints"]}
    assert landmarks["L1 As"] == spine["L1"].landmarks.superior_anterior.tolist()
    assert "L1 left pedicle" in landmarks


def test_level_labels_lie_in_the_world_where_they_were(exported, spine):
    folder, _ = exported
    image = nibabel.load(folder / "labels" / "levels.nii.gz")
    ras_to_lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    np.testing.assert_allclose(ras_to_lps @ image.affine, spine.labels.grid.affine, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(image.dataobj), spine.labels.values)
    names = load(folder / "labels" / "levels.json")["labels"]
    assert names == dict(spine.labels.levels)


def test_regions_keep_their_oblique_grid(exported, spine):
    folder, _ = exported
    image = nibabel.load(folder / "labels" / "L1_regions.nii.gz")
    grid = spine["L1"].regions.grid
    np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ image.affine, grid.affine, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(image.dataobj), spine["L1"].regions.values)
    names = load(folder / "labels" / "L1_regions.json")["labels"]
    assert names["left_pedicle"] == Region.LEFT_PEDICLE
    assert "background" not in names


def test_measured_only_writes_landmarks_surface_and_labels(spine, assessment, tmp_path):
    files = write_case_files(spine, assessment, None, tmp_path)
    assert [p.name for p in files.markups] == ["landmarks.mrk.json"]
    assert [p.name for p in files.surfaces] == ["L1.stl"]
