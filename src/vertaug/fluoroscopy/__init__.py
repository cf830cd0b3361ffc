"""From CT, what is brought in, and a C-arm's position to a radiograph."""

from vertaug.fluoroscopy.carm import CArm, Posture
from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.dicom_xa_reader import read_carm
from vertaug.fluoroscopy.dicom_xa_writer import write_xa
from vertaug.fluoroscopy.display import GreyScale
from vertaug.fluoroscopy.exposure import Collimation, Exposure, ExposureLimits, sum_exposures
from vertaug.fluoroscopy.matter import Box, Cylinder, Ellipsoid, VoxelMatter, voxel_matter
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.presets import carm_preset, preset_names
from vertaug.fluoroscopy.radiograph import Radiograph, render, show_view
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.view import FixedView, fix_view

__all__ = [
    "Beam",
    "Box",
    "CArm",
    "Collimation",
    "Cylinder",
    "Detector",
    "Ellipsoid",
    "Exposure",
    "ExposureLimits",
    "FixedView",
    "GreyScale",
    "Posture",
    "Radiograph",
    "Technique",
    "VoxelMatter",
    "XrayPatient",
    "carm_preset",
    "fix_view",
    "prepare_patient",
    "preset_names",
    "read_carm",
    "render",
    "show_view",
    "sum_exposures",
    "voxel_matter",
    "write_xa",
]
