"""The calibration that the user chose, from TOML to a law."""

import pytest

from vertaug.case.errors import InputError
from vertaug.case.volume import ScanInfo
from vertaug.workflow.calibration import CalibrationChoice, choose_calibration

INFO = ScanInfo(source_format="nifti", kvp=100.0)
PHANTOM = "[phantom]\nname = 'ward'\nhu = [0, 65, 130]\ndensity_mg_per_ml = [0, 50, 100]\n"
MINDWAYS = """[mindways]
hu = [-72.9, -30.5, 179.0, 337.2, 458.1]
water_mg_per_ml = [1012.2, 1056.9, 1103.6, 1119.5, 923.2]
k2hpo4_mg_per_ml = [-51.8, -53.4, 58.9, 157.0, 375.8]
"""
TISSUES = """[tissues]
adipose_hu = -104.0
air_hu = -997.0
blood_hu = 42.0
cortical_bone_hu = 1250.0
muscle_hu = 58.0
"""


def write(tmp_path, text):
    path = tmp_path / "calibration.toml"
    path.write_text(text)
    return path


def test_generic_law_takes_the_users_voltage_before_that_of_the_scan():
    choice = choose_calibration(None)
    of_scan = choice.for_scan(INFO, None)
    of_user = choice.for_scan(INFO, 140.0)
    assert (choice.name, choice.sha256) == ("generic", None)
    assert of_scan.slope_mg_per_ml_per_hu == pytest.approx(1 / 1.51)
    assert of_user.slope_mg_per_ml_per_hu == pytest.approx(1 / 1.21)


def test_phantom_line(tmp_path):
    choice = choose_calibration(write(tmp_path, PHANTOM))
    law = choice.for_scan(INFO, None)
    assert choice.name == "calibration.toml"
    assert len(choice.sha256) == 64
    assert law.to_density(130.0) == pytest.approx(100.0)
    assert "ward" in law.description


@pytest.mark.parametrize(
    ("text", "method"), [(MINDWAYS, "phantom"), (TISSUES, "phantomless"), (PHANTOM, "phantom")]
)
def test_contrast_is_noted_whatever_the_method(tmp_path, text, method):
    choice = choose_calibration(write(tmp_path, text))
    plain = choice.for_scan(ScanInfo(source_format="dicom", contrast=False), None)
    enhanced = choice.for_scan(ScanInfo(source_format="dicom", contrast=True), None)
    assert plain.method == method
    assert enhanced.offset_uncertainty_mg_per_ml > plain.offset_uncertainty_mg_per_ml


def test_a_law_from_a_stored_case_is_used_as_it_is(tmp_path):
    law = choose_calibration(write(tmp_path, PHANTOM)).for_scan(INFO, None)
    assert CalibrationChoice(name="x.toml", sha256="0", law=law).for_scan(INFO, 80.0) is law


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "exactly one"),
        (PHANTOM + MINDWAYS, "exactly one"),
        ("[phantom]\nhu = [1, 2]\n", r"\[phantom\] has no 'density_mg_per_ml'; its keys are name"),
        (PHANTOM + "colour = 'red'\n", r"\[phantom\] has the unknown key 'colour'"),
        ("[phantom]\nhu = 3\ndensity_mg_per_ml = [0, 1]\n", "hu must be a list of numbers, not 3"),
        ("[phantom]\nhu = [1, 'x']\ndensity_mg_per_ml = [0, 1]\n", "hu must be a list of numbers"),
        ("[tissues]\nadipose_hu = 'low'\n", "adipose_hu must be a number, not 'low'"),
        ("[rods]\nhu = [1, 2]\n", "'rods' is not known; expected one table"),
        ("phantom = 3\n", "'phantom' is no table"),
        ("this is not TOML", "not TOML"),
    ],
)
def test_unusable_files(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        choose_calibration(write(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        choose_calibration(tmp_path / "none.toml")
