"""A folder of one mask per vertebra, as TotalSegmentator writes it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import ImageError, LabelError
from vertaug.imaging.label_name import find_level
from vertaug.imaging.numbering import LEVEL_VALUES
from vertaug.imaging.scan_reader import full_suffix, read_image
from vertaug.imaging.stored_image import StoredImage

_SUFFIXES = frozenset({".nii", ".nii.gz", ".nrrd", ".mha"})


def list_masks(folder: Path) -> dict[str, Path]:
    """Return the mask file of each level named in a folder (``vertebrae_L1.nii.gz`` ...).

    Raises
    ------
    LabelError
        If two files name the same level.
    """
    masks: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        suffix = full_suffix(path)
        level = find_level(path.name[: -len(suffix)]) if suffix in _SUFFIXES else None
        if level is None:
            continue
        if level in masks:
            message = (
                f"{folder.name}: two files hold {level}: {masks[level].name} and {path.name}; "
                "keep one of them"
            )
            raise LabelError(message)
        masks[level] = path
    return masks


def read_masks(masks: dict[str, Path]) -> tuple[StoredImage, tuple[str, ...]]:
    """Join the masks into one label image with the values of `LEVEL_VALUES`.

    Voxels that two masks claim stay with the first level from the head.

    Parameters
    ----------
    masks : dict of str to Path
        At least one level; empty masks are passed over.

    Returns
    -------
    image : StoredImage
    notes : tuple of str

    Raises
    ------
    ImageError
        If a mask cannot be read or the masks have different grids.
    """
    joined: NDArray[np.uint8] | None = None
    first: StoredImage | None = None
    shared = 0
    for level in (name for name in LEVEL_VALUES if name in masks):
        image = read_image(masks[level])
        if first is None or joined is None:
            first, joined = image, np.zeros(image.values.shape, dtype=np.uint8, order="F")
        same = image.values.shape == joined.shape
        if not same or not np.allclose(image.affine, first.affine, rtol=0.0, atol=1e-3):
            message = (
                f"{masks[level].name} has another grid than the other masks of the folder; all "
                "must come from one run on one scan"
            )
            raise ImageError(message)
        mask = image.values > 0
        shared += int(np.count_nonzero(mask & (joined > 0)))
        joined[mask & (joined == 0)] = LEVEL_VALUES[level]
    if first is None or joined is None:
        message = "a folder of masks needs at least one file named after a vertebra"
        raise LabelError(message)
    notes: tuple[str, ...] = ()
    if shared:
        notes = (f"{shared} voxels were in two masks and stayed with the upper vertebra.",)
    image = StoredImage(
        values=joined, affine=first.affine, source_format=first.source_format, notes=first.notes
    )
    return image, notes
