"""Balloons as products."""

import numpy as np
import pytest

from vertaug.augmentation.balloon.product import balloon_named, known_balloons, read_balloons
from vertaug.case.errors import FormatError, InputError

HERE, ALONG = np.zeros(3), np.array([0.0, 1.0, 0.0])


@pytest.mark.parametrize("name", ["10/2", "15/2", "10/3", "15/3", "20/3"])
def test_each_built_in_balloon_unfolds_to_its_rated_volume(name):
    balloon = known_balloons()[name]
    folded, skin = balloon.folded(HERE, ALONG)
    size = np.ptp(folded.points_mm, axis=0)
    assert size[1] == pytest.approx(balloon.length_mm.value, rel=1e-6)
    assert size[0] == pytest.approx(balloon.folded_mm.value, rel=0.02)
    assert not skin.taut(folded.points_mm).any()
    assert balloon.length_mm.value == float(name.split("/")[0])
    # the faces of the full shape lie a little within it
    assert skin.area_mm2.sum() > folded.area_mm2()


def test_an_unknown_balloon_names_the_known():
    with pytest.raises(InputError, match="15/3"):
        balloon_named("30/3")


TABLE = """
["{name}"]
title = "mine"
length_mm = {{ value = {length}, status = "uncertain", source = "s" }}
folded_mm = {{ value = 3.0, status = "uncertain", source = "s" }}
rated_ml = {{ value = {rated}, status = "uncertain", source = "s" }}
rated_mpa = {{ value = 2.0, status = "uncertain", source = "s" }}
growth_mm_per_ml = {{ value = 1.0, status = "uncertain", source = "s" }}
skin_n_per_mm = {{ value = {skin}, status = "uncertain", source = "s" }}
"""


def write(path, **given):
    file = path / "mine.toml"
    file.write_text(TABLE.format(**({"name": "m", "length": 15, "rated": 4, "skin": 5} | given)))
    return file


def test_a_file_of_ones_own(tmp_path):
    found = read_balloons(write(tmp_path))
    assert found["m"].skin_n_per_mm.value == 5.0
    assert found["m"].unfolded_length_mm == pytest.approx((24000.0 / np.pi) ** (1.0 / 3.0))


def test_a_long_balloon_grows_with_its_volume(tmp_path):
    found = read_balloons(write(tmp_path, length=20, rated=3))
    assert found["m"].unfolded_length_mm == 23.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"length": 2.0}, "thicker than long"),
        ({"skin": -1}, "from 0 up"),
        ({"length": -15}, "above 0"),
        ({"skin": '"x"'}, "number"),
    ],
)
def test_what_is_no_balloon_is_refused_with_the_file(tmp_path, given, said):
    with pytest.raises(FormatError, match=said) as told:
        read_balloons(write(tmp_path, **given))
    assert "mine.toml" in str(told.value)


def test_a_file_without_balloons_is_refused(tmp_path):
    file = tmp_path / "none.toml"
    file.write_text("")
    with pytest.raises(FormatError, match="no balloon"):
        read_balloons(file)
