from vertaug.anatomy import analyse_spine as analyse_spine
from vertaug.case.case_file import read_case as read_case
from vertaug.case.errors import VertaugError as VertaugError
from vertaug.case.instrument import Needle as Needle, needle_of_gauge as needle_of_gauge
from vertaug.case.plan import Procedure as Procedure, Route as Route
from vertaug.fluoroscopy import (
    CArm as CArm,
    Cylinder as Cylinder,
    Ellipsoid as Ellipsoid,
    Radiograph as Radiograph,
    Technique as Technique,
    Trunk as Trunk,
    carm_preset as carm_preset,
    needle_in_place as needle_in_place,
    prepare_patient as prepare_patient,
    render as render,
)
from vertaug.fracture import assess_fracture as assess_fracture
from vertaug.imaging import read_labels as read_labels, read_scan as read_scan
from vertaug.imaging.phantom import PhantomSpec as PhantomSpec, build_phantom as build_phantom
from vertaug.planning import SafetyRules as SafetyRules, plan_access as plan_access
from vertaug.report import (
    ReportInput as ReportInput,
    ReportProvenance as ReportProvenance,
    write_case_files as write_case_files,
    write_report as write_report,
)
from vertaug.tissue import (
    TissueMeans as TissueMeans,
    calibrate_from_phantom as calibrate_from_phantom,
    calibrate_generic as calibrate_generic,
    calibrate_mindways as calibrate_mindways,
    calibrate_phantomless as calibrate_phantomless,
)
from vertaug.workflow.request import (
    CaseOptions as CaseOptions,
    CaseRequest as CaseRequest,
    FileSource as FileSource,
    PhantomSource as PhantomSource,
)
from vertaug.workflow.run import run_case as run_case

__version__: str
