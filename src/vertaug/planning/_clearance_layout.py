"""Layout of the fields and features that the clearance kernels share."""

from enum import IntEnum

BIG = 99.0
"""Clearance in mm that stands for "not met"."""


SHAFT_START_MM = 8.0
"""A needle that enters a surface slantwise lies close to it at first; beyond this it should not."""


SLAB_FADE_MM = 1.5
"""Over this length the weight of the pedicle's cortex falls to nothing behind the pedicle."""


INCIDENCE_MM = 1.5
"""Step to each side of the entry over which the bone's surface there is taken."""


RING_POINTS = 8
"""Points around the needle where its surface is held against the pedicle's cortex. The distance
field has a kink along the pedicle's axis, which the grid would blur; the ring lies beside it."""


class Channel(IntEnum):
    """Fields; distances in mm, negative inside the named thing.

    The first `N_FINE` lie on the local grid, the others, which are smooth, on a coarser one
    around the body; beyond it they keep the value of its border.
    """

    BONE = 0
    CANAL = 1
    NEIGHBOUR = 2
    FACET = 3
    HU = 4
    SUPERIOR = 5
    """Half-space below the superior endplate."""
    INFERIOR = 6
    ANTERIOR = 7
    """Half-space behind the anterior wall."""
    POSTERIOR = 8
    """Half-space in front of the posterior wall."""
    LATERAL = 9
    """Slab between the lateral walls."""


N_FINE = 5


class Feature(IntEnum):
    """What the kernels return for each path, in mm unless said otherwise."""

    CANAL = 0
    """Needle surface to the canal, whole path."""
    PEDICLE = 1
    """Needle surface to the outer cortex while inside the pedicle."""
    SUPERIOR = 2
    INFERIOR = 3
    ANTERIOR = 4
    POSTERIOR = 5
    LATERAL = 6
    FACET = 7
    NEIGHBOUR = 8
    TIP_SUPERIOR = 9
    """The tip point's own distances from here, positive inside."""
    TIP_INFERIOR = 10
    TIP_ANTERIOR = 11
    TIP_POSTERIOR = 12
    TIP_LATERAL = 13
    TIP_BONE = 14
    ENTRY = 15
    """Tip to bone entry, the outermost crossing of the bone's surface."""
    GAP = 16
    """Length outside bone between bone entry and tip."""
    AIR = 17
    """Length through air-like tissue dorsal to the entry, within the local grid."""
    FOREIGN_BONE = 18
    """Length through bone that no label names, dorsal to the entry."""
    MEDIAL_WALL = 19
    """Needle surface lateral of the medial pedicle border while dorsal to the posterior wall."""
    SHAFT = 20
    """Needle surface to the own bone along the shaft, from `SHAFT_START_MM` dorsal of the entry."""
    INCIDENCE = 21
    """Sine of the angle between the needle and the bone's surface at the entry: 1 is upright."""


N_CHANNELS = len(Channel)
N_FEATURES = len(Feature)
