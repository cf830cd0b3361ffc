"""What a run is asked to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vertaug.case.case_file import InputFile
from vertaug.case.errors import InputError
from vertaug.case.level import parse_augmentable
from vertaug.case.plan import Procedure
from vertaug.case.volume import LabelMap, Scan

if TYPE_CHECKING:
    from vertaug.imaging.phantom import PhantomSpec

BOTH_PROCEDURES: tuple[Procedure, ...] = (Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """A CT with vertebra labels from files.

    Attributes
    ----------
    ct, labels : str or Path
        DICOM folder or zip, NIfTI, NRRD, MHA; labels also a TotalSegmentator folder or DICOM SEG.
    series : str or None
        Which DICOM series, if there are several.
    numbering : str or None
        Numbering of the labels; None detects it.
    """

    ct: Path
    labels: Path
    series: str | None = None
    numbering: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ct", Path(self.ct))
        object.__setattr__(self, "labels", Path(self.labels))

    def list_inputs(self) -> tuple[InputFile, ...]:
        """Return name and hash of each input.

        Raises
        ------
        ImageError
            If one does not exist or cannot be read.
        """
        from vertaug.imaging import hash_input

        return tuple(
            InputFile(role=role, name=path.name or path.resolve().name, sha256=hash_input(path))
            for role, path in (("CT", self.ct), ("labels", self.labels))
        )

    def ingredients(self) -> dict[str, object]:
        """Return what else decides the content: options, and names where names mean levels."""
        from vertaug.imaging import hash_input
        from vertaug.imaging.writer import name_table_path

        names: list[str] = []
        if self.labels.is_dir():
            names = sorted(p.relative_to(self.labels).as_posix() for p in self.labels.rglob("*"))
        table = name_table_path(self.labels)
        return {
            "series": self.series,
            "numbering": self.numbering,
            "label_files": names,
            "name_table": hash_input(table) if table.is_file() else None,
        }

    def read(self) -> tuple[Scan, LabelMap]:
        """Read CT and labels.

        Raises
        ------
        InputError
            If they cannot be used.
        """
        from vertaug.imaging import read_labels, read_scan

        scan = read_scan(self.ct, series=self.series)
        return scan, read_labels(self.labels, scan, numbering=self.numbering)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhantomSource:
    """The built-in phantom."""

    spec: "PhantomSpec"
    series: None = None
    numbering: None = None

    def list_inputs(self) -> tuple[InputFile, ...]:
        """Return nothing: the phantom is made, not read."""
        return ()

    def ingredients(self) -> dict[str, object]:
        """Return the specification."""
        return {"phantom": repr(self.spec)}

    def read(self) -> tuple[Scan, LabelMap]:
        """Build the phantom."""
        from vertaug.imaging.phantom import build_phantom

        phantom = build_phantom(self.spec)
        return phantom.scan, phantom.labels


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOptions:
    """What the user chose.

    Attributes
    ----------
    level : str or None
        Level to treat; None finds it.
    procedures : tuple of Procedure
        To plan for.
    gauge : int or None
        Needle gauge; None takes the usual one of level and procedure.
    kvp : float or None
        Tube voltage in kV where the file does not say it.
    calibration : Path or None
        File of calibration measurements; None takes the generic law.
    correct_orientation : bool
        Correct a header that contradicts the anatomy instead of refusing it.
    pdf : bool
        Also write the report as PDF.
    """

    level: str | None = None
    procedures: tuple[Procedure, ...] = BOTH_PROCEDURES
    gauge: int | None = None
    kvp: float | None = None
    calibration: Path | None = None
    correct_orientation: bool = False
    pdf: bool = True

    def __post_init__(self) -> None:
        if self.level is not None:
            object.__setattr__(self, "level", parse_augmentable(self.level))
        object.__setattr__(self, "procedures", tuple(Procedure(p) for p in self.procedures))
        if not self.procedures:
            message = "name at least one procedure: vertebroplasty, kyphoplasty or both"
            raise InputError(message)
        if self.gauge is not None:
            from vertaug.case.instrument import needle_of_gauge
            from vertaug.planning.cannula import leave_out_thin
            from vertaug.planning.rules import SafetyRules

            needle = needle_of_gauge(self.gauge)
            leave_out_thin(dict.fromkeys(self.procedures, needle), SafetyRules())
        if self.kvp is not None and not 40 <= self.kvp <= 200:
            message = f"a tube voltage of {self.kvp:g} kV is not one of a CT; expected 70 to 150"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseRequest:
    """One case to make."""

    source: FileSource | PhantomSource
    options: CaseOptions
