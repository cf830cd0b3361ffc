"""Strength from a calibrated image and a region map alone, without a case."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.case_file import InputFile
from vertaug.case.errors import ComputationError, InputError, LabelError, StorageError
from vertaug.case.mechanics_content import describe_mechanics
from vertaug.case.storage import replace_text
from vertaug.case.strength import StrengthAssessment
from vertaug.case.volume import Volume
from vertaug.workflow.fingerprint import hash_code, list_software
from vertaug.workflow.kernels import warm_up_mechanics
from vertaug.workflow.strength_choice import StrengthChoice

MAPPINGS = ("exact", "binned", "published")
_LEAST_HEIGHT_MM, _GREATEST_HEIGHT_MM = 2.0, 100.0
_HEIGHT_RATIO = 1.4
_IF_FRACTURED = (
    "If the vertebra is fractured: it is computed as it was scanned, and broken trabeculae that "
    "still touch count as whole; no neighbour is known to measure it by."
)


_MOST_REGION, _LEAST_DENSITY = 255, 30.0
"""The largest number of a region, and mg/ml that some bone has in any image of densities."""
_REGIONS = "a region map is expected: 1 and 2 body, 3 and 4 process, 5 inferior cap, 6 superior cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePair:
    """A calibrated image with its regions.

    Attributes
    ----------
    density, regions : Path
        K2HPO4-equivalent mg/ml, and numbers of regions as in spineFE-benchmark: 1 and 2 body, 3
        and 4 process, 5 inferior and 6 superior cap.
    mapping : str
        ``exact``, ``binned`` or ``published``.
    height_mm : float or None
        Of the body; None measures it between the caps.
    """

    density: Path
    regions: Path
    mapping: str = "exact"
    height_mm: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mapping", self.mapping.lower())
        if self.mapping not in MAPPINGS:
            message = f"--mapping is one of {', '.join(MAPPINGS)}; got {self.mapping!r}"
            raise InputError(message)
        height = self.height_mm
        if height is not None and not _LEAST_HEIGHT_MM <= height <= _GREATEST_HEIGHT_MM:
            message = (
                f"--height-mm is {_LEAST_HEIGHT_MM:g} to {_GREATEST_HEIGHT_MM:g}; got {height:g}"
            )
            raise InputError(message)


def strength_of_images(
    pair: ImagePair,
    choice: StrengthChoice,
    target: Path,
    tell: Callable[[str, float], None],
    files: Path | None = None,
) -> dict[str, Any]:
    """Compute the strength, write it as JSON and return it.

    Parameters
    ----------
    pair : ImagePair
    choice : StrengthChoice
        Its spacing is not used: voxels are those of the image.
    target : Path
        ``.json``; appears only when everything is computed.
    tell : callable
        Takes (message, fraction).
    files : Path, optional
        Folder for the models with their fields, named after ``target``. Default: none are written.

    Raises
    ------
    InputError
        If an image cannot be used: the message says what was expected.
    ComputationError
        If a solution did not converge.
    StorageError
        If the file cannot be written.
    """
    from vertaug.mechanics.bone_material import BoneMaterial, DensityMapping
    from vertaug.mechanics.comparison import StrengthOptions, assess_model
    from vertaug.mechanics.plastic_body import YieldSurface
    from vertaug.mechanics.segmented import model_from_regions

    _check_outputs(target, files)
    material = BoneMaterial(mapping=DensityMapping(pair.mapping))
    _check_inputs(pair)
    regions = _region_map(read_volume(pair.regions), pair.regions.name)
    density = _densities(read_volume(pair.density), pair.density.name)
    model, body = (
        model_from_regions(
            density, regions, material=material, keep_process=kept, height_mm=pair.height_mm
        )
        for kept in (True, False)
    )
    if pair.height_mm is not None:
        _check_height(
            pair.height_mm, model_from_regions(density, regions, material=material).height_mm
        )
    warm_up_mechanics(lambda message, _: tell(message, 0.0))
    options = StrengthOptions(
        cement_ml=choice.cement_ml,
        surface=YieldSurface(choice.surface),
        linear_only=choice.linear_only,
        material=material,
    )
    found = assess_model(
        model,
        choice.level or "vertebra",
        options,
        tell,
        None if body.filled.sum() == model.filled.sum() else body,
    )
    stem = None if files is None else target.stem
    found = replace(
        found, notes=(*found.notes, _IF_FRACTURED, _describe_density(model.density_mg_per_ml))
    )
    tree = {
        "research_use_only": True,
        "provenance": _provenance(pair, choice),
        "mechanics": describe_mechanics(found, stem).model_dump(mode="json"),
    }
    text = _format(tree)
    if files is not None:
        _write_files(found, files, target.stem)
    replace_text(target, text)
    return tree


def _check_outputs(target: Path, files: Path | None) -> None:
    if target.suffix.lower() != ".json":
        message = f"-o names the file of the result, FILE.json; got {target.name}"
        raise InputError(message)
    if files is not None and files.exists() and not files.is_dir():
        message = f"--files names a folder; {files} is a file"
        raise InputError(message)


def _check_height(given_mm: float, measured_mm: float) -> None:
    """Refuse a height that is a slip of the pen."""
    if not 1.0 / _HEIGHT_RATIO <= given_mm / measured_mm <= _HEIGHT_RATIO:
        message = (
            f"--height-mm {given_mm:g} does not fit the image: the caps are {measured_mm:.1f} mm "
            "apart"
        )
        raise InputError(message)


def _describe_density(density: NDArray[np.float32] | None) -> str:
    """Say what the image was taken for; Hounsfield units of bone lie in the same range."""
    if density is None or not density.any():
        return "The image was taken for mg/ml K2HPO4."
    middle, high = np.percentile(density[density != 0.0], [50.0, 99.0])
    return (
        f"The image was taken for mg/ml K2HPO4: median of the bone {middle:.0f}, 99th percentile "
        f"{high:.0f}. Hounsfield units are 10 to 40 % higher and cannot be told from it."
    )


def _write_files(found: StrengthAssessment, folder: Path, stem: str) -> None:
    """Write all files aside, then rename them."""
    from vertaug.report.strength_files import write_strength_files

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".part-", dir=folder) as aside:
            for path in write_strength_files(found, aside, stem):
                path.replace(folder / path.name)
    except StorageError:
        raise
    except OSError as error:
        message = f"{folder} could not be written: {error.strerror or error}"
        raise StorageError(message) from error


def read_volume(path: Path) -> Volume:
    """Read an image as it is, with canonical axes.

    Raises
    ------
    ImageError, GeometryError
        If it cannot be read.
    """
    from vertaug.imaging.scan_reader import read_image
    from vertaug.imaging.stored_image import to_canonical

    values, grid, _ = to_canonical(read_image(path), path.name)
    return Volume(values=values, grid=grid)


def _check_inputs(pair: ImagePair) -> None:
    """Refuse paths with nothing there, each by its option."""
    for option, path in (("--density", pair.density), ("--regions", pair.regions)):
        if not path.exists():
            message = f"{option} {path} does not exist"
            raise InputError(message)


def _region_map(regions: Volume, name: str) -> Volume:
    values = np.asarray(regions.values)
    if not (np.isfinite(values).all() and np.array_equal(values, np.round(values))):
        message = f"{name} holds values that are not whole numbers; {_REGIONS}"
        raise LabelError(message)
    if values.min() < 0 or values.max() > _MOST_REGION:
        message = (
            f"{name} holds values from {values.min():g} to {values.max():g}; {_REGIONS}. Are "
            "--density and --regions swapped?"
        )
        raise LabelError(message)
    return Volume(values=values.astype(np.int64), grid=regions.grid)


def _densities(density: Volume, name: str) -> Volume:
    """Refuse a map of a few whole numbers in the place of densities."""
    values = np.asarray(density.values)
    if values.min() >= 0 and values.max() <= _LEAST_DENSITY and not np.any(values % 1):
        message = (
            f"{name} holds only whole numbers from 0 to {values.max():g}: a map of regions, not "
            "densities of bone in mg/ml. Are --density and --regions swapped?"
        )
        raise InputError(message)
    return density


def _provenance(pair: ImagePair, choice: StrengthChoice) -> dict[str, Any]:
    from vertaug.imaging import hash_input

    inputs = [
        InputFile(role=role, name=path.name, sha256=hash_input(path)).model_dump()
        for role, path in (("density", pair.density), ("regions", pair.regions))
    ]
    return {
        "software": dict(list_software()),
        "code_sha256": hash_code(),
        "inputs": inputs,
        "parameters": {
            "level": choice.level,
            "mapping": pair.mapping,
            "height_mm": pair.height_mm,
            "cement_ml": choice.cement_ml,
            "surface": choice.surface,
            "linear_only": choice.linear_only,
        },
    }


def _format(tree: dict[str, Any]) -> str:
    try:
        return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        message = "a result is not a finite number; nothing was written"
        raise ComputationError(message) from error
