"""The steps in order for one case, with cache, resume and provenance."""

from vertaug.workflow.again import CaseChanges, measure_again, report_again
from vertaug.workflow.progress import ProgressListener, StepProgress
from vertaug.workflow.request import CaseOptions, CaseRequest, FileSource, PhantomSource
from vertaug.workflow.run import CaseResult, run_case

__all__ = [
    "CaseChanges",
    "CaseOptions",
    "CaseRequest",
    "CaseResult",
    "FileSource",
    "PhantomSource",
    "ProgressListener",
    "StepProgress",
    "measure_again",
    "report_again",
    "run_case",
]
