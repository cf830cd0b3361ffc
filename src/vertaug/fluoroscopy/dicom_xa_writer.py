"""Radiographs to DICOM X-ray angiography objects.

Modules and types of attributes: DICOM PS3.3 A.14.3. `vertaug.fluoroscopy.dicom_xa` says which
attribute holds what of the C-arm.
"""

import hashlib
import io
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.storage import replace_bytes
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.dicom_xa import (
    ISOCENTRE,
    POSTURE,
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    SOURCE,
    TITLE,
    XA_IMAGE,
    ZOOMED,
    direction_letters,
)
from vertaug.fluoroscopy.exposure import Collimation, open_field
from vertaug.fluoroscopy.radiograph import Radiograph

_DISCLAIMER = "Research and teaching, not for clinical decisions"
_SETTINGS = ("SC", "GR")
_UGY_PER_DGY = 1e5
_LONGEST_ID, _LONGEST_TEXT = 64, 1024
"""Characters of the value representations LO and ST (PS3.5 6.2)."""


def write_xa(
    radiograph: Radiograph,
    path: str | Path,
    *,
    patient_id: str = "vertaug",
    study_uid: str | None = None,
    series_uid: str | None = None,
    instance_number: int = 1,
    radiation_setting: str = "SC",
) -> Path:
    """Write a radiograph as a DICOM X-Ray Angiographic Image.

    The pixels are the grey values of the monitor. Name and dates of the patient are not
    written, and the same radiograph gives the same bytes every time. That something is only
    sketched (`Radiograph.sketch`) stands in Series Description, Derivation Description and, with
    the rest of the sentence, in Image Comments.

    Parameters
    ----------
    radiograph : Radiograph
    path : path
        File to write.
    patient_id : str
        Patient ID (0010,0020).
    study_uid, series_uid : str, optional
        UIDs to file the image under. By default each image is a study of its own; images that
        are written with the same study share a series unless it is given, those with a sketch
        another.
    instance_number : int
        Number of the image in its series.
    radiation_setting : str
        ``SC`` (fluoroscopy) or ``GR`` (high dose, as of a spot image).

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        If an identifier is not one of DICOM.
    StorageError
        If the file cannot be written.
    """
    _check_identifiers(patient_id, study_uid, series_uid, radiation_setting)
    dataset = _describe_patient(patient_id)
    dataset.InstanceNumber = int(instance_number)
    _describe_image(dataset, radiograph)
    _describe_exposure(dataset, radiograph, radiation_setting)
    _describe_pose(dataset, radiograph.carm)
    _describe_collimator(dataset, radiograph)
    _keep_patient_frame(dataset, radiograph.carm)
    _identify(dataset, study_uid, series_uid, sketched=bool(radiograph.sketch))
    return replace_bytes(path, _encode(dataset, with_header=True))


def _check_identifiers(
    patient_id: str, study_uid: str | None, series_uid: str | None, setting: str
) -> None:
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    if not patient_id.isprintable() or "\\" in patient_id or len(patient_id) > _LONGEST_ID:
        message = (
            f"a DICOM patient ID has up to {_LONGEST_ID} characters, no backslash and no line "
            f"break; got {patient_id!r}"
        )
        raise InputError(message)
    for name, given in (("study", study_uid), ("series", series_uid)):
        if given is not None and not UID(given, validation_mode=IGNORE).is_valid:
            message = f"the {name} UID is not a DICOM UID (digits and dots): {given!r}"
            raise InputError(message)
    if setting not in _SETTINGS:
        message = f"the radiation setting is SC (fluoroscopy) or GR (high dose); got {setting!r}"
        raise InputError(message)


def _describe_patient(patient_id: str) -> Any:
    """Return a dataset with the modules of patient, study, series and equipment."""
    from pydicom.dataset import Dataset

    import vertaug

    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = XA_IMAGE
    dataset.PatientName = "Anonymous^"
    dataset.PatientID = patient_id
    for unknown in (
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "AccessionNumber",
        "ReferringPhysicianName",
    ):
        setattr(dataset, unknown, "")
    dataset.Modality = "XA"
    dataset.BodyPartExamined = "SPINE"
    dataset.SeriesNumber = 1
    dataset.Manufacturer = "vertaug"
    dataset.ManufacturerModelName = "Computed fluoroscopy"
    dataset.SoftwareVersions = vertaug.__version__
    return dataset


def _describe_image(dataset: Any, radiograph: Radiograph) -> None:
    """Add the modules General Image, Image Pixel, X-Ray Image and VOI LUT."""
    carm = radiograph.carm
    rows, columns = radiograph.grey.shape
    dataset.ImageType = ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    dataset.SeriesDescription = _name_series(radiograph)
    derived = (
        "Computed from CT by vertaug. Nobody was exposed: voltage, charge and dose are those "
        "that the exposure would have had."
    )
    dataset.DerivationDescription = f"{radiograph.sketch} {derived}".strip()[:_LONGEST_TEXT]
    dataset.ImageComments = f"{_DISCLAIMER}. {radiograph.sentence}"
    dataset.PatientOrientation = [direction_letters(carm.right), direction_letters(-carm.up)]
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = int(rows), int(columns)
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship = "DISP"
    # the identity: without it many viewers stretch the grey values to those that occur
    dataset.WindowCenter, dataset.WindowWidth = 128, 256
    stored = np.ascontiguousarray(radiograph.grey, dtype=np.uint8).tobytes()
    dataset.add_new("PixelData", "OB", stored + b"\0" * (len(stored) % 2))


def _name_series(radiograph: Radiograph) -> str:
    """Return what the series is; that something in it is only sketched comes first."""
    name = "Virtual fluoroscopy, computed from CT"
    if not radiograph.sketch:
        return name
    said = f"{radiograph.sketch.partition(':')[0].rstrip('.')}. Computed from CT"
    return said if len(said) <= _LONGEST_ID else "Sketched, not simulated. Computed from CT"


def _describe_exposure(dataset: Any, radiograph: Radiograph, setting: str) -> None:
    """Add the module X-Ray Acquisition."""
    carm, exposure = radiograph.carm, radiograph.exposure
    width, height = carm.detector_mm
    pitch = carm.pitch_mm
    dataset.KVP = _decimal(exposure.tube_voltage_kv)
    dataset.RadiationSetting = setting
    # whole mAs are too coarse for a pulse: then it stands in the optional attribute alone
    dataset.Exposure = round(exposure.mas) or ""
    dataset.ExposureInuAs = round(exposure.mas * 1000.0)
    dataset.ImageAndFluoroscopyAreaDoseProduct = _decimal(
        exposure.kerma_area_ugy_cm2 / _UGY_PER_DGY
    )
    dataset.ImagerPixelSpacing = [_decimal(pitch[1]), _decimal(pitch[0])]
    if carm.round_field:
        dataset.FieldOfViewShape = "ROUND"
        dataset.FieldOfViewDimensions = max(1, round(min(width, height)))
    else:
        dataset.FieldOfViewShape = "RECTANGLE"
        dataset.FieldOfViewDimensions = [max(1, round(height)), max(1, round(width))]


def _describe_pose(dataset: Any, carm: CArm) -> None:
    """Add the module XA Positioner."""
    dataset.DistanceSourceToDetector = _decimal(carm.source_detector_mm)
    dataset.DistanceSourceToPatient = _decimal(carm.source_isocentre_mm)
    dataset.EstimatedRadiographicMagnificationFactor = _decimal(
        carm.source_detector_mm / carm.source_isocentre_mm
    )
    dataset.PositionerMotion = "STATIC"
    dataset.PositionerPrimaryAngle = _decimal(carm.primary_angle_deg)
    dataset.PositionerSecondaryAngle = _decimal(carm.secondary_angle_deg)


def _describe_collimator(dataset: Any, radiograph: Radiograph) -> None:
    """Add the module X-Ray Collimator if blades cover a part of the field."""
    field = radiograph.field
    if np.array_equal(field, open_field(radiograph.carm, Collimation())) or not field.any():
        return
    columns, rows = np.flatnonzero(field.any(axis=0)), np.flatnonzero(field.any(axis=1))
    # DICOM counts pixels from 1; an edge is the last pixel that its blade covers
    dataset.CollimatorShape = "RECTANGULAR"
    dataset.CollimatorLeftVerticalEdge = int(columns[0])
    dataset.CollimatorRightVerticalEdge = int(columns[-1]) + 2
    dataset.CollimatorUpperHorizontalEdge = int(rows[0])
    dataset.CollimatorLowerHorizontalEdge = int(rows[-1]) + 2


def _keep_patient_frame(dataset: Any, carm: CArm) -> None:
    """Add the private block: what XA has no place for."""
    block = dataset.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    block.add_new(ISOCENTRE, "FD", [float(value) for value in carm.isocentre_lps_mm])
    block.add_new(POSTURE, "CS", carm.posture.value.upper())
    block.add_new(TITLE, "UT", carm.title)
    block.add_new(SOURCE, "UT", carm.source)
    block.add_new(ZOOMED, "FD", float(carm.zoomed))


def _identify(
    dataset: Any, study_uid: str | None, series_uid: str | None, *, sketched: bool
) -> None:
    """Add UIDs that follow from the content, so that two runs give the same object."""
    content = _encode(dataset, with_header=False)
    dataset.StudyInstanceUID = study_uid or _derive_uid(b"study", content)
    study = str(dataset.StudyInstanceUID).encode()
    # one description a series: what is sketched is not filed with what is not
    kind = (str(dataset.SeriesDescription).encode(),) if sketched else ()
    dataset.SeriesInstanceUID = series_uid or _derive_uid(b"series", study, *kind)
    series = str(dataset.SeriesInstanceUID).encode()
    dataset.SOPInstanceUID = _derive_uid(b"instance", study, series, content)


def _derive_uid(*content: bytes) -> str:
    """Return a UID under the UUID root 2.25 (PS3.5 B.2) from the hash of a content."""
    digest = hashlib.sha256(b"\0".join(content)).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def _encode(dataset: Any, *, with_header: bool) -> bytes:
    """Return the dataset in explicit little endian, as a file if it has its UIDs."""
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    stream = io.BytesIO()
    if with_header:
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.ImplementationClassUID = _derive_uid(b"implementation", b"vertaug")
        dataset.file_meta.ImplementationVersionName = "VERTAUG"
    dcmwrite(
        stream,
        dataset,
        implicit_vr=None if with_header else False,
        little_endian=None if with_header else True,
        enforce_file_format=with_header,
    )
    return stream.getvalue()


def _decimal(value: float) -> str:
    """Return a number as a DICOM decimal string: 16 characters, as exact as they allow."""
    from pydicom.valuerep import format_number_as_ds

    return str(format_number_as_ds(float(value) + 0.0))
