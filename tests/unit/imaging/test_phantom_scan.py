"""The phantom as a CT: Hounsfield units, noise, resolution, grids."""

import numpy as np
import pytest

from vertaug.imaging.phantom import HeightLoss, PhantomSpec, build_phantom
from vertaug.imaging.phantom.scanner import blur_kernel, make_noise

QUIET = PhantomSpec(spacing_mm=(2.0, 1.5, 2.0), noise_hu=0.0, height_loss={})


@pytest.fixture(scope="module")
def quiet():
    return build_phantom(QUIET)


def hu_at(phantom, points, radius=2):
    """Mean over small cubes around points in LPS mm."""
    out = []
    for i, j, k in np.rint(phantom.scan.grid.to_index(points)).astype(int):
        r = radius
        out.append(phantom.scan.hu[i - r : i + r + 1, j - r : j + r + 1, k - r : k + r + 1].mean())
    return np.array(out)


def test_tissues_have_native_ct_numbers(quiet):
    frame = quiet.truth["L2"].frame
    body, sac = frame.to_world([[0, -4, 5.0], [0, 21.0, -2.0]])
    muscle, air = np.array([32.0, 46.0, -20.0]), np.array([0.0, 89.0, 0.0])
    found = hu_at(quiet, np.array([body, sac, muscle, air]), 1)
    core = QUIET.trabecular_density_mg_per_ml * 1.33
    assert found[0] == pytest.approx(core, abs=30)
    assert found[1] == pytest.approx(22, abs=12)
    assert 15 < found[2] < 65
    assert found[3] < -850


def test_trabecular_hu_follows_density_and_tube_voltage():
    at = {}
    for density, kvp in ((60.0, 120.0), (160.0, 120.0), (160.0, 80.0)):
        spec = PhantomSpec(
            spacing_mm=(3.0, 3.0, 3.0),
            field_of_view_mm=(60.0, 60.0, 110.0),
            noise_hu=0.0,
            trabecular_density_mg_per_ml=density,
            kvp=kvp,
            height_loss={},
        )
        phantom = build_phantom(spec)
        centre = phantom.truth["L2"].frame.to_world([[0.0, -3.0, 0.0]])
        at[density, kvp] = float(hu_at(phantom, centre, 1)[0])
    assert at[160.0, 120.0] - at[60.0, 120.0] == pytest.approx(133.0, rel=0.15)
    assert at[160.0, 80.0] / at[160.0, 120.0] == pytest.approx(1.82 / 1.33, rel=0.1)


def test_cortex_is_bright_and_thin(quiet):
    frame = quiet.truth["L2"].frame
    line = frame.to_world(np.column_stack([np.zeros(60), np.linspace(-26, -6, 60), np.full(60, 4)]))
    from vertaug.numerics.interpolation import sample_trilinear

    profile = sample_trilinear(quiet.scan.hu, quiet.scan.grid.to_index(line))
    core = profile[-10:].mean()
    assert profile.max() > core + 80
    assert (profile > (profile.max() + core) / 2).sum() < 15


def test_noise_has_the_asked_strength_and_is_not_white():
    spacing = np.array([0.8, 0.8, 1.0])
    noise = make_noise((96, 96, 12), spacing, 20.0, np.random.default_rng(0))
    assert noise.std() == pytest.approx(20.0, rel=1e-3)
    power = np.abs(np.fft.fft2(noise, axes=(0, 1))) ** 2
    f = np.hypot(np.fft.fftfreq(96, 0.8)[:, None], np.fft.fftfreq(96, 0.8)[None])
    band = [power[(f >= a) & (f < b)].mean() for a, b in ((0.0, 0.08), (0.25, 0.35), (0.5, 0.62))]
    assert band[1] > 3 * band[0]
    assert band[1] > 3 * band[2]


def test_noise_in_the_scan_is_that_of_the_spec():
    noisy = PhantomSpec(spacing_mm=(2.5, 2.5, 2.5), noise_hu=30.0)
    clean = PhantomSpec(spacing_mm=(2.5, 2.5, 2.5), noise_hu=0.0)
    difference = build_phantom(noisy).scan.hu.astype(float) - build_phantom(clean).scan.hu
    inside = np.s_[24:48, 32:48, 24:48]
    assert difference[inside].std() == pytest.approx(30.0, rel=0.15)


def test_an_oblique_anisotropic_grid_shows_the_same_anatomy(quiet):
    spec = PhantomSpec(
        spacing_mm=(3.0, 1.0, 1.2),
        grid_rotation_deg=(8.0, -5.0, 10.0),
        noise_hu=0.0,
        height_loss={},
        field_of_view_mm=(110.0, 110.0, 150.0),
    )
    other = build_phantom(spec)
    assert other.scan.grid.spacing_mm == pytest.approx([3.0, 1.0, 1.2])
    points = np.stack([quiet.truth[n].frame.origin_lps_mm for n in ("T12", "L1", "L2")])
    np.testing.assert_allclose(hu_at(other, points, 1), hu_at(quiet, points, 2), atol=35)
    voxels = other.labels.mask("L1").sum() * other.labels.grid.voxel_volume_mm3
    assert voxels == pytest.approx(other.truth.bone_volume_mm3("L1", 1.0), rel=0.02)


def test_a_gas_cleft_is_gas_and_only_when_asked():
    loss = {"L1": HeightLoss(anterior=0.34, middle=0.27, posterior=0.05)}
    lowest = {}
    for cleft in (False, True):
        spec = PhantomSpec(
            spacing_mm=(2.0, 1.5, 1.5),
            field_of_view_mm=(70.0, 70.0, 60.0),
            centre_mm=(0.0, 4.0, 0.0),
            noise_hu=0.0,
            height_loss=loss,
            gas_cleft=cleft,
        )
        phantom = build_phantom(spec)
        index = np.argwhere(phantom.labels.mask("L1"))
        region = phantom.truth.evaluate("L1", "body", phantom.scan.grid.to_world(index))
        lowest[cleft] = phantom.scan.hu[tuple(index[region < -2.5].T)].min()
    assert lowest[True] < -250
    assert lowest[False] > -100


@pytest.mark.parametrize("sigma", [0.05, 0.12, 0.37, 0.7, 0.75, 1.6])
def test_the_blur_keeps_its_variance_at_any_spacing(sigma):
    weights = blur_kernel(sigma)
    place = np.arange(len(weights)) - len(weights) // 2
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert (weights * place**2).sum() == pytest.approx(sigma**2, rel=1e-3)
