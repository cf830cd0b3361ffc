"""The attenuation tables against each other and against NIST."""

import numpy as np
import pytest

from vertaug.tissue.attenuation import AttenuationSource, load_attenuation

# NIST values of physics reference 7.1, cm2/g: water, adipose, muscle, blood, cortical bone, K2HPO4
NIST = {
    30: (0.3756, 0.3063, 0.3783, 0.3852, 1.331, 1.975),
    40: (0.2683, 0.2396, 0.2685, 0.2715, 0.6655, 0.9327),
    50: (0.2269, 0.2123, 0.2262, 0.2278, 0.4242, 0.5573),
    60: (0.2059, 0.1974, 0.2048, 0.2057, 0.3148, 0.3890),
    80: (0.1837, 0.1800, 0.1823, 0.1827, 0.2229, 0.2508),
    100: (0.1707, 0.1688, 0.1693, 0.1695, 0.1855, 0.1972),
    150: (0.1505, 0.1500, 0.1492, 0.1492, 0.1480, 0.1480),
}
COLUMNS = ("water", "adipose", "muscle", "blood", "cortical_bone", "k2hpo4")


@pytest.mark.parametrize(
    ("source", "tolerance"), [(AttenuationSource.NIST, 1e-12), (AttenuationSource.FINE, 1.5e-3)]
)
@pytest.mark.parametrize("energy", NIST)
def test_tables_hold_the_nist_values(source, tolerance, energy):
    table = load_attenuation(source)
    row = int(np.flatnonzero(table.energy_kev == energy)[0])
    found = [table.coefficient[name][row] for name in COLUMNS]
    np.testing.assert_allclose(found, NIST[energy], rtol=tolerance)


def test_fine_table_covers_the_search_and_agrees_with_the_nodes_everywhere():
    fine, nist = load_attenuation(AttenuationSource.FINE), load_attenuation(AttenuationSource.NIST)
    np.testing.assert_array_equal(fine.energy_kev, np.arange(1.0, 200.25, 0.5))
    nodes = [10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200]
    for name, values in nist.coefficient.items():
        at_fine = values[np.searchsorted(nist.energy_kev, nodes)]
        fine_here = fine.coefficient[name][np.searchsorted(fine.energy_kev, nodes)]
        np.testing.assert_allclose(fine_here, at_fine, rtol=3e-3, err_msg=name)


def test_potassium_edge_is_kept():
    table = load_attenuation(AttenuationSource.FINE)
    row = np.searchsorted(table.energy_kev, [3.5, 4.0])  # K edge of potassium at 3.607 keV
    below, above = table.coefficient["k2hpo4"][row]
    assert above > 2 * below


def test_tables_cannot_be_written():
    table = load_attenuation(AttenuationSource.NIST)
    with pytest.raises(ValueError, match="read-only"):
        table.coefficient["water"][0] = 0.0
