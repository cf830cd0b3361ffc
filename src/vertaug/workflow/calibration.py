"""The density calibration that the user chose: by tube voltage or from a file of measurements.

The file is TOML with one table::

    [phantom]                       rods of a calibration phantom
    name = "ward phantom"
    hu = [12.0, 118.0, 240.0]
    density_mg_per_ml = [0.0, 75.0, 150.0]

    [mindways]                      rods with water and K2HPO4 equivalents
    hu = [...]
    water_mg_per_ml = [...]
    k2hpo4_mg_per_ml = [...]

    [tissues]                       means of the patient's own tissues (phantomless)
    adipose_hu = -105.0
    air_hu = -995.0
    blood_hu = 45.0
    cortical_bone_hu = 1350.0
    muscle_hu = 60.0
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.volume import ScanInfo

GENERIC = "generic"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PhantomTable(_Table):
    """Rods of a calibration phantom."""

    name: str = "user's phantom"
    hu: tuple[float, ...]
    density_mg_per_ml: tuple[float, ...]


class MindwaysTable(_Table):
    """Rods of a Mindways phantom."""

    hu: tuple[float, ...]
    water_mg_per_ml: tuple[float, ...]
    k2hpo4_mg_per_ml: tuple[float, ...]


class TissueTable(_Table):
    """Mean HU of the patient's own tissues."""

    adipose_hu: float
    air_hu: float
    blood_hu: float
    cortical_bone_hu: float
    muscle_hu: float


class CalibrationFile(_Table):
    """Exactly one of the three tables."""

    phantom: PhantomTable | None = None
    mindways: MindwaysTable | None = None
    tissues: TissueTable | None = None


_TABLES: dict[str, type[_Table]] = {
    "phantom": PhantomTable,
    "mindways": MindwaysTable,
    "tissues": TissueTable,
}


def read_calibration(path: Path) -> CalibrationFile:
    """Read and check a calibration file.

    Raises
    ------
    InputError
        If it cannot be read, has unknown keys, or does not hold exactly one table.
    """
    try:
        content = CalibrationFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        message = f"calibration file {path} cannot be read: {error.strerror or error}"
        raise InputError(message) from error
    except ValidationError as error:
        message = f"calibration file {path}: {_describe_fault(error)}"
        raise InputError(message) from error
    except ValueError as error:
        message = f"calibration file {path} is not TOML: {error}"
        raise InputError(message) from error
    given = [name for name in CalibrationFile.model_fields if getattr(content, name) is not None]
    if len(given) != 1:
        message = (
            f"calibration file {path} must hold exactly one of the tables [phantom], [mindways], "
            f"[tissues]; found {', '.join(given) or 'none'}"
        )
        raise InputError(message)
    return content


def _describe_fault(error: ValidationError) -> str:
    """Return the first fault of a calibration file in words."""
    first = error.errors()[0]
    table, *rest = [str(part) for part in first["loc"]]
    if not rest:
        what = "is not known" if first["type"] == "extra_forbidden" else "is no table"
        return f"'{table}' {what}; expected one table [phantom], [mindways] or [tissues]"
    names = ", ".join(_TABLES[table].model_fields)
    if first["type"] == "missing":
        return f"[{table}] has no '{rest[0]}'; its keys are {names}"
    if first["type"] == "extra_forbidden":
        return f"[{table}] has the unknown key '{rest[0]}'; its keys are {names}"
    one = "text" if rest[0] == "name" else "a number"
    kind = one if table == "tissues" or rest[0] == "name" else "a list of numbers"
    return f"[{table}] {rest[0]} must be {kind}, not {first['input']!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationChoice:
    """Which calibration a run uses.

    Attributes
    ----------
    name : str
        ``generic``, or the name of the file.
    sha256 : str or None
        Hash of the file.
    file : CalibrationFile or None
        Its content; None takes the generic law of the tube voltage.
    law : DensityCalibration or None
        A law made before, from a stored case; used as it is.
    """

    name: str = GENERIC
    sha256: str | None = None
    file: CalibrationFile | None = None
    law: DensityCalibration | None = None

    def for_scan(self, info: ScanInfo, kvp: float | None) -> DensityCalibration:
        """Return the law for a scan; ``kvp`` given by the user goes before that of the scan.

        Raises
        ------
        InputError
            If the measurements do not form a plausible line.
        """
        return self.law if self.law is not None else _make_law(self.file, info, kvp)


def choose_calibration(path: Path | None) -> CalibrationChoice:
    """Return the choice for a calibration file, or the generic one for None.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    if path is None:
        return CalibrationChoice()
    content = read_calibration(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return CalibrationChoice(name=path.name, sha256=digest, file=content)


def _make_law(
    file: CalibrationFile | None, info: ScanInfo, kvp: float | None
) -> DensityCalibration:
    from vertaug.tissue import (
        TissueMeans,
        calibrate_from_phantom,
        calibrate_generic,
        calibrate_mindways,
        calibrate_phantomless,
        note_contrast,
    )

    if file is None:
        return calibrate_generic(kvp if kvp is not None else info.kvp, contrast=info.contrast)
    if file.tissues is not None:
        table = file.tissues
        means = TissueMeans(
            adipose=table.adipose_hu,
            air=table.air_hu,
            blood=table.blood_hu,
            cortical_bone=table.cortical_bone_hu,
            muscle=table.muscle_hu,
        )
        return calibrate_phantomless(means, contrast=info.contrast)
    if file.mindways is not None:
        rods = file.mindways
        made = calibrate_mindways(rods.hu, rods.water_mg_per_ml, rods.k2hpo4_mg_per_ml)
    else:
        line = file.phantom or PhantomTable(hu=(), density_mg_per_ml=())
        made = calibrate_from_phantom(line.hu, line.density_mg_per_ml, name=line.name)
    return note_contrast(made) if info.contrast else made
