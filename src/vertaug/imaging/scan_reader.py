"""Any supported CT input to a `Scan` in Hounsfield units on a canonical grid."""

from dataclasses import replace
from pathlib import Path

from vertaug.case.errors import ImageError
from vertaug.case.volume import Scan, ScanInfo
from vertaug.imaging.stored_image import StoredImage, to_canonical

_FORMATS = {
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".nrrd": "nrrd",
    ".nhdr": "nrrd",
    ".mha": "mha",
    ".mhd": "mha",
    ".zip": "dicom",
    ".dcm": "dicom",
}
_EXPECTED = "a DICOM folder or zip archive, .nii, .nii.gz, .nrrd or .mha"


def read_scan(path: str | Path, *, series: str | None = None) -> Scan:
    """Read a CT.

    Parameters
    ----------
    path : str or Path
        DICOM folder, zip archive of one, multi-frame DICOM file, ``.nii``, ``.nii.gz``,
        ``.nrrd``, ``.nhdr``, ``.mha`` or ``.mhd``.
    series : str or None
        Which series of a DICOM folder with several: its number, SeriesInstanceUID or
        description.

    Returns
    -------
    Scan
        HU as int16 where all are whole numbers, else float32; axes closest to left, posterior,
        superior. What was changed or noticed is in ``info.notes``.

    Raises
    ------
    ImageError
        If the input cannot be read, is incomplete or is no CT.
    GeometryError
        If its header does not describe right-angled axes in the patient.
    """
    from vertaug.imaging.hounsfield import to_hounsfield

    source = Path(path)
    source_format = find_format(source)
    if source_format == "dicom":
        from vertaug.imaging.dicom_volume import read_dicom

        image, info = read_dicom(source, series)
    else:
        if series is not None:
            message = f"{source.name} is no DICOM folder; series= chooses among DICOM series only"
            raise ImageError(message)
        image, info = read_image(source), ScanInfo(source_format=source_format)
    values, grid, notes = to_canonical(image, source.name)
    hu, value_notes = to_hounsfield(values, source.name)
    return Scan(hu=hu, grid=grid, info=replace(info, notes=notes + info.notes + value_notes))


def find_format(source: Path) -> str:
    """Return ``dicom``, ``nifti``, ``nrrd`` or ``mha`` by name, kind and first bytes.

    Raises
    ------
    ImageError
        If the path does not exist or is none of them.
    """
    if source.is_dir():
        return "dicom"
    if not source.is_file():
        message = f"{source} does not exist; expected {_EXPECTED}"
        raise ImageError(message)
    found = _FORMATS.get(full_suffix(source))
    if found is not None:
        return found
    try:
        with source.open("rb") as stream:
            start = stream.read(132)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror or error}"
        raise ImageError(message) from error
    if start[128:] == b"DICM":
        return "dicom"
    message = f"{source.name} is of no known format; expected {_EXPECTED}"
    raise ImageError(message)


def full_suffix(source: Path) -> str:
    """Return the suffix in lower case, ``.nii.gz`` as a whole."""
    name = source.name.lower()
    return ".nii.gz" if name.endswith(".nii.gz") else source.suffix.lower()


def read_image(source: Path) -> StoredImage:
    """Read one NIfTI, NRRD or MetaImage file as it is stored.

    Raises
    ------
    ImageError, GeometryError
        If the file cannot be read or its header is unusable.
    """
    source_format = find_format(source)
    if source_format == "nifti":
        from vertaug.imaging.nifti import read_nifti

        return read_nifti(source)
    if source_format in {"nrrd", "mha"}:
        from vertaug.imaging.itk_image import read_itk

        return read_itk(source, source_format)
    message = f"{source.name}: expected one .nii, .nii.gz, .nrrd or .mha file"
    raise ImageError(message)
