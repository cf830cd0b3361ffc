"""From CT, what is brought in, and a C-arm's position to a radiograph."""

from vertaug.fluoroscopy.carm import CArm, Posture
from vertaug.fluoroscopy.cine import Cine, record
from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.dicom_xa_reader import read_carm
from vertaug.fluoroscopy.dicom_xa_writer import write_xa
from vertaug.fluoroscopy.display import GreyScale
from vertaug.fluoroscopy.exposure import Collimation, Exposure, ExposureLimits, sum_exposures
from vertaug.fluoroscopy.filling_series import filling_matter, filling_steps, show_filling
from vertaug.fluoroscopy.matter import Box, Cylinder, Ellipsoid, VoxelMatter, voxel_matter
from vertaug.fluoroscopy.needle_series import (
    cannula_in_place,
    check_medial_border,
    needle_in_place,
    needle_steps,
)
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.presets import carm_preset, preset_names
from vertaug.fluoroscopy.radiograph import Radiograph, render, show_view
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.surroundings import Trunk
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.view import FixedView, fix_view
from vertaug.fluoroscopy.working_view import aim_at_view, centre_on_needle

__all__ = [
    "Beam",
    "Box",
    "CArm",
    "Cine",
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
    "Trunk",
    "VoxelMatter",
    "XrayPatient",
    "aim_at_view",
    "cannula_in_place",
    "carm_preset",
    "centre_on_needle",
    "check_medial_border",
    "filling_matter",
    "filling_steps",
    "fix_view",
    "needle_in_place",
    "needle_steps",
    "prepare_patient",
    "preset_names",
    "read_carm",
    "record",
    "render",
    "show_filling",
    "show_view",
    "sum_exposures",
    "voxel_matter",
    "write_xa",
]
