"""Real vertebrae as porous bodies."""

from pathlib import Path

import numpy as np
import pytest

from vertaug.anatomy import analyse_spine
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import build_porous_body
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.imaging import read_labels, read_scan
from vertaug.numerics.flow_cells import POROUS
from vertaug.tissue import calibrate_generic

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the real CT in ../shared/data"),
]


def survey_level(scan_name, labels_name, level, spacings):
    scan = read_scan(DATA / scan_name)
    vertebra = analyse_spine(scan, read_labels(DATA / labels_name, scan))[level]
    law = calibrate_generic(120.0)
    return [survey_bone(vertebra, law, scan.grid, spacing_mm=s) for s in spacings]


def test_osteoporotic_l3_has_a_thin_whole_shell_and_its_foramen():
    """Measured when written: 0.46 mm beside, 0.63 mm endplates, foramen 14 to 32 mm2."""
    surveys = survey_level(
        "tptbox-l3/sub-ct_label-22_ct.nii.gz",
        "tptbox-l3/sub-ct_seg-vert_label-22_msk.nii.gz",
        "L3",
        (1.0, 1.5, 0.75),
    )
    pores = []
    for survey in surveys:
        wall = survey.wall
        side = wall.path == LeakPath.C
        assert 0.3 < np.median(wall.thickness_mm[side]) < 0.65
        assert not (wall.opened & (wall.path == LeakPath.D)).any()
        foramen = wall.area_mm2[wall.path == LeakPath.B].sum()
        assert 5.0 < foramen < 45.0
        body = build_porous_body(survey, np.random.default_rng(1))
        pores.append(float(body.pore_volume_mm3.sum()))
        porosity = np.median(body.porosity[body.cells.region == POROUS])
        assert 0.85 < porosity < 0.95  # a core of 54 HU
    np.testing.assert_allclose(pores, pores[0], rtol=0.02)


def test_crushed_l1_of_verse012_has_gas_and_broken_walls_and_says_what_it_cannot_see():
    (survey,) = survey_level(
        "verse012/sub-verse012_ct.nii.gz",
        "verse012/sub-verse012_seg-vert_msk.nii.gz",
        "L1",
        (1.0,),
    )
    body = build_porous_body(survey, np.random.default_rng(1))
    assert any("voxels of 3 mm blur" in note for note in body.notes)
    assert any("gas" in note for note in body.notes)
    assert (survey.wall.opened & (survey.wall.path == LeakPath.D)).any()
    volume = body.in_body.sum() * body.grid.voxel_volume_mm3
    assert volume == pytest.approx(body.body_volume_mm3, rel=0.05)
