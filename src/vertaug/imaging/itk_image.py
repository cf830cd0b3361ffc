"""NRRD and MetaImage files through SimpleITK."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from vertaug.case.errors import GeometryError, ImageError
from vertaug.imaging.stored_image import StoredImage, check_size

_META_KEYS = ("NRRD_space", "Segment")
_SEGMENT_NAME = re.compile(r"^(Segment\d+)_Name$")


def read_itk(path: Path, source_format: str) -> StoredImage:
    """Read a NRRD or MetaImage volume with its geometry in LPS.

    Parameters
    ----------
    path : Path
        File to read.
    source_format : str
        ``nrrd`` or ``mha``.

    Raises
    ------
    ImageError
        If the file is damaged, no scalar volume or too large.
    GeometryError
        If a NRRD names no anatomical space.
    """
    sitk = _load_itk()
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    # ITK prints its warnings to the terminal, where they would break the progress display
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        reader.ReadImageInformation()
        _check_kind(reader, path.name)
        image = reader.Execute()
    except RuntimeError as error:
        message = (
            f"{path.name} cannot be read: {_reason(error)}. The file is damaged, truncated or "
            "not what its name says"
        )
        raise ImageError(message) from error
    finally:
        if shown:
            sitk.ProcessObject.GlobalWarningDisplayOn()
    wanted = [k for k in image.GetMetaDataKeys() if k.startswith(_META_KEYS)]
    meta = {key: image.GetMetaData(key) for key in wanted}
    if source_format == "nrrd" and not meta.get("NRRD_space"):
        message = (
            f"{path.name}: the NRRD header names no space (left-posterior-superior ...), so left "
            "and right cannot be known; export it again with its orientation"
        )
        raise GeometryError(message)
    values = np.transpose(sitk.GetArrayViewFromImage(image)).copy(order="F")
    affine = np.eye(4)
    directions = np.array(image.GetDirection(), dtype=np.float64).reshape(3, 3)
    affine[:3, :3] = directions * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return StoredImage(
        values=values,
        affine=affine,
        source_format=source_format,
        label_names=_segment_names(meta),
    )


def _load_itk() -> Any:
    import SimpleITK

    return SimpleITK


def _check_kind(reader: Any, name: str) -> None:
    if reader.GetDimension() != 3 or reader.GetNumberOfComponents() != 1:
        message = (
            f"{name}: expected one volume with three axes and one number per voxel; found "
            f"{reader.GetDimension()} axes and {reader.GetNumberOfComponents()} numbers per "
            "voxel. A time series, colour image or layered segmentation must be split first"
        )
        raise ImageError(message)
    check_size(tuple(int(n) for n in reader.GetSize()), name)


def _reason(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("sitk::ERROR: ") if lines else "unknown reason"


def _segment_names(meta: dict[str, str]) -> dict[int, str]:
    names: dict[int, str] = {}
    for key, name in meta.items():
        found = _SEGMENT_NAME.match(key)
        value = meta.get(f"{found[1]}_LabelValue", "") if found else ""
        if value.strip().isdigit():
            names[int(value)] = name
    return names
