"""Room that bone gives up and takes, from the dilation of its points."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, fill_points
from vertaug.augmentation.balloon.bone_room import measure_room
from vertaug.augmentation.balloon.patient_bone import BonePart

GRID = PointGrid(shape=(4, 4, 4), spacing_mm=2.0)


def test_pressed_and_opened_are_told_apart_and_discs_do_not_count():
    points = fill_points(GRID, np.full((8, 8, 8), 0.1))
    opened = np.zeros(len(points.mass_mg))
    opened[:10], opened[10:14], opened[14:20] = np.log(0.5), np.log(1.25), np.log(3.0)
    part = np.full(opened.shape, BonePart.CANCELLOUS)
    part[14:20] = BonePart.DISC
    bone = SimpleNamespace(grid=GRID, where=lambda *parts: np.isin(part, parts))
    room = measure_room(bone, replace(points, opened=opened))
    # each point stands for a cube of 1 mm
    assert room.pressed_mm3 == pytest.approx(5.0)
    assert room.opened_mm3 == pytest.approx(1.0)
