"""Small CT images and DICOM series with known content, one defect at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

CT_IMAGE = UID("1.2.840.10008.5.1.4.1.1.2")
ENHANCED_CT_IMAGE = UID("1.2.840.10008.5.1.4.1.1.2.1")
SEGMENTATION = UID("1.2.840.10008.5.1.4.1.1.66.4")
ROOT = "1.2.826.0.1.3680043.10.9999"


def make_body(shape=(20, 24, 12)):
    """A block of soft tissue in air with fat, a bone and no symmetry; whole HU, (i, j, k)."""
    i, j, k = np.indices(shape)
    hu = np.full(shape, -1000)
    inside = (abs(i - 9) < 8) & (abs(j - 12) < 10)
    hu[inside] = -100
    hu[(abs(i - 9) < 6) & (abs(j - 12) < 8)] = 40
    bone = (abs(i - 8) < 4) & (abs(j - 13) < 4) & (k > 1) & (k < 9)
    hu[bone] = 700
    return (hu + i + 2 * j + 3 * k).astype(np.int16)


@dataclass
class DicomSeries:
    """A CT series as pydicom datasets, to be damaged and written."""

    hu: np.ndarray = field(default_factory=make_body)
    pixel_spacing: tuple[float, float] = (0.8, 0.7)
    step: float = 1.5
    row: tuple[float, float, float] = (1.0, 0.0, 0.0)
    column: tuple[float, float, float] = (0.0, 1.0, 0.0)
    origin: tuple[float, float, float] = (-20.0, 30.0, -400.0)
    number: int = 3
    description: str = "spine bone"
    intercept: int = -1024

    @property
    def normal(self):
        return np.cross(self.row, self.column)

    @property
    def affine(self):
        affine = np.eye(4)
        affine[:3, 0] = np.array(self.row) * self.pixel_spacing[1]
        affine[:3, 1] = np.array(self.column) * self.pixel_spacing[0]
        affine[:3, 2] = self.normal * self.step
        affine[:3, 3] = self.origin
        return affine

    def datasets(self):
        return [self.dataset(k) for k in range(self.hu.shape[2])]

    def dataset(self, k):
        position = np.array(self.origin) + k * self.step * self.normal
        data = start_dataset(CT_IMAGE, f"{ROOT}.{self.number}.{k + 1}")
        data.Modality = "CT"
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.SeriesInstanceUID = f"{ROOT}.{self.number}"
        data.SeriesNumber = self.number
        data.SeriesDescription = self.description
        data.InstanceNumber = k + 1
        data.PatientName = "Secret^Name"
        data.PatientPosition = "HFS"
        data.KVP = "120"
        data.SliceThickness = str(self.step)
        data.Manufacturer = "Acme"
        data.ManufacturerModelName = "One"
        data.ConvolutionKernel = "B60s"
        data.ImagePositionPatient = [f"{v:.6f}" for v in position]
        data.ImageOrientationPatient = [f"{v:.10f}" for v in (*self.row, *self.column)]
        data.PixelSpacing = [str(v) for v in self.pixel_spacing]
        data.RescaleSlope = "1"
        data.RescaleIntercept = str(self.intercept)
        set_pixels(data, (self.hu[:, :, k].T.astype(int) - self.intercept).astype(np.uint16))
        return data

    def write(self, folder: Path, datasets=None):
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(self.datasets() if datasets is None else datasets):
            data.save_as(folder / f"{number:03d}.dcm", enforce_file_format=True)
        return folder


def start_dataset(sop_class, uid):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = uid
    data.StudyInstanceUID = f"{ROOT}.1"
    data.FrameOfReferenceUID = f"{ROOT}.2"
    return data


def set_pixels(data, pixels, *, bits_stored=None):
    """Store a (rows, columns) or (frames, rows, columns) array of 8 or 16 bit integers."""
    data.Rows, data.Columns = pixels.shape[-2:]
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 8 * pixels.itemsize
    data.BitsStored = bits_stored or data.BitsAllocated
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes()


def item(**attributes):
    data = Dataset()
    for name, value in attributes.items():
        setattr(data, name, value)
    return data


def make_enhanced(series: DicomSeries, order):
    """The series as one enhanced multi-frame object, frames in the given order."""
    data = start_dataset(ENHANCED_CT_IMAGE, f"{ROOT}.77")
    data.Modality = "CT"
    data.SeriesInstanceUID = f"{ROOT}.7"
    data.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.NumberOfFrames = len(order)
    slices = [series.dataset(k) for k in order]
    set_pixels(data, np.stack([s.pixel_array for s in slices]))
    measures = item(PixelSpacing=list(series.pixel_spacing), SliceThickness=series.step)
    rescale = item(RescaleSlope=1, RescaleIntercept=series.intercept, RescaleType="HU")
    orientation = item(ImageOrientationPatient=slices[0].ImageOrientationPatient)
    data.SharedFunctionalGroupsSequence = Sequence(
        [
            item(
                PixelMeasuresSequence=Sequence([measures]),
                PlaneOrientationSequence=Sequence([orientation]),
                PixelValueTransformationSequence=Sequence([rescale]),
                CTXRayDetailsSequence=Sequence([item(KVP=100.0)]),
            )
        ]
    )
    data.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(
                PlanePositionSequence=Sequence([item(ImagePositionPatient=s.ImagePositionPatient)])
            )
            for s in slices
        ]
    )
    return data


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def make_series() -> Callable[..., DicomSeries]:
    return DicomSeries


@pytest.fixture
def series() -> DicomSeries:
    return DicomSeries()


@pytest.fixture
def enhanced() -> Callable[..., FileDataset]:
    return make_enhanced


@pytest.fixture
def pixels() -> Callable[..., None]:
    return set_pixels


@pytest.fixture
def start() -> Callable[..., FileDataset]:
    return start_dataset


@pytest.fixture
def dicom_item() -> Callable[..., Dataset]:
    return item
