"""vertaug: from one patient's CT to a measured fracture, a needle plan and a report.

The folders follow the patient's path, and a folder imports only from those before it:
numerics, case, imaging, anatomy, fracture, tissue, indications, planning, fluoroscopy, mechanics,
augmentation, procedure_day, recovery, report, workflow, cli.

The names below are imported when they are first used, so that ``import vertaug`` costs nothing.

Research and teaching, not for clinical decisions.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0.dev0"

_HOME = {
    "read_scan": "vertaug.imaging",
    "read_labels": "vertaug.imaging",
    "PhantomSpec": "vertaug.imaging.phantom",
    "build_phantom": "vertaug.imaging.phantom",
    "analyse_spine": "vertaug.anatomy",
    "calibrate_generic": "vertaug.tissue",
    "calibrate_from_phantom": "vertaug.tissue",
    "calibrate_mindways": "vertaug.tissue",
    "calibrate_phantomless": "vertaug.tissue",
    "TissueMeans": "vertaug.tissue",
    "assess_fracture": "vertaug.fracture",
    "Needle": "vertaug.case.instrument",
    "needle_of_gauge": "vertaug.case.instrument",
    "Procedure": "vertaug.case.plan",
    "Route": "vertaug.case.plan",
    "plan_access": "vertaug.planning",
    "SafetyRules": "vertaug.planning",
    "CArm": "vertaug.fluoroscopy",
    "carm_preset": "vertaug.fluoroscopy",
    "prepare_patient": "vertaug.fluoroscopy",
    "Technique": "vertaug.fluoroscopy",
    "Trunk": "vertaug.fluoroscopy",
    "Cylinder": "vertaug.fluoroscopy",
    "Ellipsoid": "vertaug.fluoroscopy",
    "needle_in_place": "vertaug.fluoroscopy",
    "render": "vertaug.fluoroscopy",
    "Radiograph": "vertaug.fluoroscopy",
    "ReportInput": "vertaug.report",
    "ReportProvenance": "vertaug.report",
    "write_report": "vertaug.report",
    "write_case_files": "vertaug.report",
    "CaseOptions": "vertaug.workflow.request",
    "CaseRequest": "vertaug.workflow.request",
    "FileSource": "vertaug.workflow.request",
    "PhantomSource": "vertaug.workflow.request",
    "run_case": "vertaug.workflow.run",
    "read_case": "vertaug.case.case_file",
    "VertaugError": "vertaug.case.errors",
}

__all__ = [*_HOME, "__version__"]  # noqa: PLE0604 - all are text


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used."""
    if name not in _HOME:
        message = f"module 'vertaug' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
