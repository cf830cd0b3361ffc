from vertaug.anatomy import analyse_spine as analyse_spine
from vertaug.case.case_file import read_case as read_case
from vertaug.case.errors import VertaugError as VertaugError
from vertaug.case.instrument import Needle as Needle
from vertaug.case.instrument import needle_of_gauge as needle_of_gauge
from vertaug.case.plan import Procedure as Procedure
from vertaug.case.plan import Route as Route
from vertaug.fracture import assess_fracture as assess_fracture
from vertaug.imaging import read_labels as read_labels
from vertaug.imaging import read_scan as read_scan
from vertaug.imaging.phantom import PhantomSpec as PhantomSpec
from vertaug.imaging.phantom import build_phantom as build_phantom
from vertaug.planning import plan_access as plan_access
from vertaug.report import (
    ReportInput as ReportInput,
)
from vertaug.report import (
    ReportProvenance as ReportProvenance,
)
from vertaug.report import (
    write_case_files as write_case_files,
)
from vertaug.report import (
    write_report as write_report,
)
from vertaug.tissue import (
    calibrate_from_phantom as calibrate_from_phantom,
)
from vertaug.tissue import (
    calibrate_generic as calibrate_generic,
)
from vertaug.tissue import (
    calibrate_phantomless as calibrate_phantomless,
)
from vertaug.workflow import (
    CaseOptions as CaseOptions,
)
from vertaug.workflow import (
    CaseRequest as CaseRequest,
)
from vertaug.workflow import (
    FileSource as FileSource,
)
from vertaug.workflow import (
    PhantomSource as PhantomSource,
)
from vertaug.workflow import (
    run_case as run_case,
)

__version__: str
