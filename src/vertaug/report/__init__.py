"""Case -> report (HTML, PDF, figures) and files for other programs (3D Slicer, STL, NIfTI)."""

from vertaug.report.export import CaseFiles, write_case_files
from vertaug.report.inputs import (
    DISCLAIMER,
    InputRecord,
    ReportFiles,
    ReportInput,
    ReportProvenance,
)
from vertaug.report.write import write_report

__all__ = [
    "DISCLAIMER",
    "CaseFiles",
    "InputRecord",
    "ReportFiles",
    "ReportInput",
    "ReportProvenance",
    "write_case_files",
    "write_report",
]
