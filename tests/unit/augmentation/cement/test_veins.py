import numpy as np
import pytest

from vertaug.augmentation.cement.needle_track import NeedleTrack, follow_track
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.veins import (
    LeakNetwork,
    SizeDistribution,
    Way,
)
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge


def test_flow_to_a_vessel_is_that_to_a_line_sink():
    way = Way(
        path=LeakPath.S,
        kind="vein",
        mouth_mm=np.zeros(3),
        inner_mm=np.array([6.0, 0.0, 0.0]),
        size_mm=1.0,
        own_mm3=1.0,
        length_mm=6.0,
    )
    found = way.draw_from_bone(np.full(12, 0.03))
    assert found.sum() == pytest.approx(2.0 * np.pi * 0.03 * 6.0 / np.log(3.0 / 0.5))


def test_gap_around_a_needle_by_hand():
    track = NeedleTrack(
        entry_lps_mm=np.array([0.0, 40.0, 0.0]),
        tip_lps_mm=np.zeros(3),
        needle=needle_of_gauge(11),
        gap_mm=0.2,
    )
    inside = np.linspace(0.0, 40.0, 41) <= 15.0
    way = follow_track(track.entry_lps_mm, track.tip_lps_mm, track, inside)
    assert way.path is LeakPath.TRACK
    np.testing.assert_allclose(way.mouth_mm, [0.0, 15.0, 0.0])
    np.testing.assert_allclose(way.exit_mm, [0.0, 40.0, 0.0])
    assert way.own_mm3 == pytest.approx(np.pi * 3.05 * 0.2**3 / (12.0 * 25.0))
    assert follow_track(track.entry_lps_mm, track.tip_lps_mm, track, inside & False) is None


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="0 to 100"):
        LeakNetwork(veins=-1.0)
    with pytest.raises(InputError, match="above 0 and the factor"):
        LeakNetwork(size_factor=-1.0)
    with pytest.raises(InputError, match="median above 0"):
        SizeDistribution(median_mm=0.0, log_sd=0.3, source="")
    with pytest.raises(InputError, match="0 to 2 mm"):
        NeedleTrack(
            entry_lps_mm=np.zeros(3),
            tip_lps_mm=np.ones(3),
            needle=needle_of_gauge(11),
            gap_mm=3.0,
        )
