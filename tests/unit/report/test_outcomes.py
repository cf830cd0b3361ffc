"""Pictures of what trials saw, beside what the clinic saw."""

import io

import numpy as np
import pytest
from PIL import Image

from vertaug.case.errors import InputError
from vertaug.recovery.observed_course import ObservedCourse
from vertaug.report.figure_outcome_curves import draw_outcome_curves
from vertaug.report.figure_outcome_differences import draw_outcome_differences
from vertaug.report.figure_outcome_shares import draw_outcome_shares
from vertaug.report.outcome_style import OBSERVED, place, time_words
from vertaug.report.picture import PAGE_WIDTH_MM

PATIENT = ObservedCourse(
    label="this patient", scale="0-10", days=(-3, 1, 7, 30.4, 91, 365), values=(8, 6, 5, None, 4, 4)
)
COHORT = ObservedCourse(
    label="this clinic",
    scale="0-10",
    days=(-3, 7, 365),
    values=(8.1, 5.0, 2.0),
    n=(31, 29, 11),
    low=(7.5, 4.4, 1.0),
    high=(8.7, 5.6, 3.0),
)


def array(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


def count(picture, colour):
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return int((np.abs(array(picture) - wanted).max(axis=-1) < 12).sum())


@pytest.mark.parametrize(
    ("measure", "scale"), [("pain", "0-10"), ("RMDQ", "0-24"), ("SF36_PCS", "norm50")]
)
def test_curves_of_each_measure(measure, scale):
    picture = draw_outcome_curves(measure, scale)
    assert picture.name == f"outcome_curves_{measure.lower()}"
    assert picture.width_mm <= PAGE_WIDTH_MM
    assert "no forecast for one patient" in picture.caption
    assert ("sham-controlled ones first" in picture.caption) is (measure == "pain")


def test_the_same_curves_give_the_same_bytes():
    assert draw_outcome_curves().png == draw_outcome_curves().png


def test_what_the_clinic_saw_is_drawn_over_every_panel():
    assert count(draw_outcome_curves(), OBSERVED) == 0
    assert count(draw_outcome_curves(observed=PATIENT), OBSERVED) > 6 * 100


def test_a_missing_visit_is_a_gap():
    whole = ObservedCourse(
        label="this patient", scale="0-10", days=PATIENT.days, values=(8, 6, 5, 4.5, 4, 4)
    )
    with_gap = draw_outcome_curves(observed=PATIENT)
    assert count(with_gap, OBSERVED) < count(draw_outcome_curves(observed=whole), OBSERVED)


def test_the_caption_compares_with_groups_without_augmentation():
    caption = draw_outcome_curves(observed=PATIENT).caption
    assert "4 on day 365, inside the range of means also seen without cement" in caption
    assert "3.17 to 5.1" in caption
    assert "VERTOS IV 2018 (sham)" in caption
    assert "does not say what caused it" in caption
    assert "less than 1.5 away from the first value 8, below the least difference used" in caption
    below = draw_outcome_curves(observed=COHORT).caption
    assert "2 on day 365, below all means" in below


def test_a_course_without_a_later_value_says_so():
    empty = ObservedCourse(label="this patient", scale="0-10", days=(0, 7), values=(8, None))
    assert "no value after the procedure" in draw_outcome_curves(observed=empty).caption
    early = ObservedCourse(label="this patient", scale="0-10", days=(0, 3), values=(8, 5))
    assert "hold no mean without augmentation" in draw_outcome_curves(observed=early).caption


def test_another_scale_is_refused():
    wrong = ObservedCourse(label="x", scale="0-24", days=(0, 7), values=(20, 10))
    with pytest.raises(InputError, match="never mixed"):
        draw_outcome_curves(observed=wrong)
    with pytest.raises(InputError, match="never mixed"):
        draw_outcome_curves("RMDQ", "0-23")
    with pytest.raises(InputError, match="no trial holds a course"):
        draw_outcome_curves("TUG", "s")
    with pytest.raises(InputError, match="no trial holds a difference"):
        draw_outcome_differences("ODI", "0-100")


def test_differences_and_shares():
    found = draw_outcome_differences()
    assert found.name == "outcome_differences_pain"
    assert "positive where augmentation did better" in found.caption
    assert "turned here: FREE" in draw_outcome_differences("TUG", "s").caption
    assert "turned here" not in found.caption
    assert draw_outcome_shares().name == "outcome_shares"


def test_captions_say_only_what_holds_of_what_is_drawn():
    pain, rmdq = draw_outcome_curves().caption, draw_outcome_curves("RMDQ", "0-24").caption
    assert "People without augmentation became better, too." in pain
    assert "became better, too" not in rmdq
    assert "CAFE 2011 (cancer), 18.2 to 18" in rmdq
    assert "only course held is of CAFE 2011 (cancer)" in rmdq
    assert "No means are held of VAPOUR 2016" in pain
    assert "printed sham minus" in draw_outcome_differences().caption
    assert "printed sham minus" not in draw_outcome_differences("RMDQ", "0-24").caption
    assert "open trial" not in draw_outcome_differences("RMDQ", "0-100").caption
    assert "too small to matter" not in draw_outcome_differences().caption


def test_patients_who_changed_sides_are_said():
    for caption in (draw_outcome_curves().caption, draw_outcome_differences().caption):
        assert "51 % of the sham group and 13 % of the other changed sides" in caption
    assert "†" not in draw_outcome_differences("RMDQ", "0-24").caption


def test_shares_that_may_be_chance_are_named():
    caption = draw_outcome_shares().caption
    assert "new fracture (VERTOS II 2010, p = 0.44)" in caption
    assert "pain at least 30 % less (INVEST 2009, 2013, p = 0.06)" in caption
    assert "pain below 4 (" not in caption


def test_the_time_axis_shows_early_days():
    places = [place(day) for day in (0, 1, 7, 30.4, 91.3, 182.6, 365.25)]
    assert places == sorted(places)
    assert place(1) > 0.1 * place(365.25)
    assert place(-3) == 0


@pytest.mark.parametrize(
    ("timepoint", "words"),
    [
        ("baseline", "before"),
        ("1d", "1 day"),
        ("12mo", "12 months"),
        ("11.4mo", "11.4 months"),
        ("24mo_avg", "mean until 24 months"),
        ("pooled", "pooled"),
    ],
)
def test_time_points_in_words(timepoint, words):
    assert time_words(timepoint) == words
