"""The command on a real CT: ends with a case whose grades are the published ones."""

from pathlib import Path

import pytest

from vertaug.case.case_file import read_case
from vertaug.cli.main import main

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "verse012"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real CT not found at {DATA}"),
]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verse012") / "case"
    ct, labels = DATA / "sub-verse012_ct.nii.gz", DATA / "sub-verse012_seg-vert_msk.nii.gz"
    with pytest.raises(SystemExit) as left:
        main(["plan", str(ct), "--labels", str(labels), "-o", str(folder), "-q"])
    assert not left.value.code
    return read_case(folder)


def test_fracture_of_l1_is_found(case):
    grades = {name: found.genant_grade for name, found in case.fracture.levels.items()}
    assert case.fracture.level == "L1"
    assert grades["L1"] == 3
    assert case.fracture.levels["L1"].shape.value == "wedge"
    assert all(grades[name] == 0 for name in ("T10", "T11", "T12", "L2"))


def test_bipedicular_paths_leave_the_canal_untouched(case):
    plans = [plan for plan in case.planning.plans if plan.safe and plan.sides == "both"]
    assert {plan.procedure.value for plan in plans} == {"vertebroplasty", "kyphoplasty"}
    for plan in plans:
        assert {path.side for path in plan.paths} == {"left", "right"}
        assert all(path.canal_clearance_mm > 0 for path in plan.paths)


def test_the_scan_is_described(case):
    assert case.scan.source_format == "nifti"
    assert sorted(case.scan.spacing_mm) == pytest.approx([1.0, 1.0, 3.0], abs=0.01)
    assert set(case.labels.values) == {"T10", "T11", "T12", "L1", "L2", "L3"}
