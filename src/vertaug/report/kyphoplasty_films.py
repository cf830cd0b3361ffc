"""Radiographs of a kyphoplasty: the balloons at every kept moment, then the cement."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_points import PointGrid, inside_share
from vertaug.augmentation.balloon.surface import BalloonSurface
from vertaug.augmentation.moved_spine import move_spine
from vertaug.case.case_content import CaseResults
from vertaug.case.grid import FloatArray, axis_aligned_grid
from vertaug.case.kyphoplasty import BalloonCourse, BalloonFrame
from vertaug.case.plan import NeedlePath, Procedure
from vertaug.case.spine import Vertebra
from vertaug.fluoroscopy.cine import Cine
from vertaug.fluoroscopy.matter import Matter, VoxelMatter, voxel_matter
from vertaug.fluoroscopy.radiograph import Radiograph, show_view
from vertaug.fluoroscopy.sketch import balloon_catheter
from vertaug.fluoroscopy.view import FixedView
from vertaug.report.balloon_moments import BalloonMoment, shown_moments
from vertaug.report.filling_films import (
    CaseViews,
    FillingFilms,
    film_filling,
    film_patient,
    fix_views,
    paths_of,
)
from vertaug.tissue.material import iodinated_contrast

_SEED = 40
"""Noise is drawn from a fixed seed, so that a report made again is the same."""
_FRAMES_PER_SECOND = 2.0
"""Of the sequence: the increments of an inflation are minutes apart."""
_FINE_MM = 0.5
"""Voxels of the contrast agent, as fine as those of cement on films."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonFilms:
    """Balloons on the monitor.

    Attributes
    ----------
    moments : tuple of BalloonMoment
    vertebrae : tuple of Vertebra
        As they are at each.
    ap, lateral : tuple of Radiograph
        One a moment.
    sides : tuple of str
        Of the balloons.
    cines : tuple of 2 Cine
        AP and lateral of all kept frames, each with the bone where it was.
    """

    moments: tuple[BalloonMoment, ...]
    vertebrae: tuple[Vertebra, ...]
    ap: tuple[Radiograph, ...]
    lateral: tuple[Radiograph, ...]
    sides: tuple[str, ...]
    cines: tuple[Cine, Cine]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KyphoplastyFilms:
    """A kyphoplasty on the monitor.

    Attributes
    ----------
    balloons : BalloonFilms or None
        None where no balloon was put in.
    cement : FillingFilms
        Without sequences.
    """

    balloons: BalloonFilms | None
    cement: FillingFilms


def take_kyphoplasty_films(
    results: CaseResults, views: CaseViews | None = None
) -> KyphoplastyFilms | None:
    """Take the radiographs of a case's kyphoplasty, prone, with the tube under the table.

    None without a kyphoplasty, or where the plan has no AP and lateral view.

    Parameters
    ----------
    results : CaseResults
    views : CaseViews, optional
        Of the same case; made here if not given.
    """
    found, planning = results.kyphoplasty, results.planning
    if found is None or planning is None:
        return None
    fixed = fix_views(results, found.level) if views is None else views.fixed[found.level]
    if not fixed:
        return None
    paths = paths_of(planning, found.cement.setup.plan_number, Procedure.KYPHOPLASTY)
    tips = found.cement.result.filling.tips_lps_mm
    moved = tuple(_path_to(path, tip) for path, tip in zip(paths, tips, strict=True))
    balloons = None
    if found.balloon is not None:
        balloons, fixed = _film_balloons(results, found.balloon, fixed, paths)
    return KyphoplastyFilms(
        balloons=balloons, cement=film_filling(fixed, found.cement, moved, animate=False)
    )


def contrast_in(points_lps_mm: NDArray[np.floating], triangles: NDArray[np.int64]) -> VoxelMatter:
    """Return what is within a closed surface, filled with contrast agent.

    Parameters
    ----------
    points_lps_mm : (n, 3) array
    triangles : (m, 3) int64 array
        Outward.
    """
    points = np.asarray(points_lps_mm, dtype=np.float64)
    low = points.min(axis=0) - _FINE_MM
    ni, nj, nk = (int(n) for n in np.ceil((points.max(axis=0) + _FINE_MM - low) / _FINE_MM))
    surface = BalloonSurface(points_mm=points - low, triangles=triangles)
    share = inside_share(surface, PointGrid(shape=(ni, nj, nk), spacing_mm=_FINE_MM))
    grid = axis_aligned_grid(low + 0.5 * _FINE_MM, np.eye(3), _FINE_MM, (ni, nj, nk))
    return voxel_matter(share, grid, iodinated_contrast())


def _film_balloons(
    results: CaseResults,
    course: BalloonCourse,
    fixed: tuple[FixedView, ...],
    paths: tuple[NeedlePath, ...],
) -> tuple[BalloonFilms, tuple[FixedView, ...]]:
    """Return the films of the balloons, and the views of the patient after them.

    Parameters
    ----------
    results : CaseResults
    course : BalloonCourse
    fixed : tuple of 2 FixedView
        Of the patient before them.
    paths : tuple of NeedlePath
    """
    level = course.setup.level
    vertebra = results.spine[level]
    folded = course.frames[0].points_lps_mm
    catheters = tuple(
        part
        for path, points in zip(paths, folded, strict=True)
        for part in _catheter(vertebra, path, np.asarray(points, dtype=np.float64))
    )
    bones, images, arms = [], [], tuple(view.carm for view in fixed)
    for number, frame in enumerate(course.frames):
        seen = vertebra
        if frame.bone is not None:
            spine = move_spine(results.spine, level, frame.bone)
            seen, fixed = spine[level], fix_views(results, level, film_patient(spine))
        matter = (*catheters, *_contrast(course, frame))
        rng = np.random.default_rng(_SEED + number)
        shot = [show_view(view, matter, rng) for view in fixed]
        # the arm stays where it is: one object, so that what is drawn over it is drawn once
        images.append([replace(one, carm=arm) for one, arm in zip(shot, arms, strict=True)])
        bones.append(seen)
    moments = shown_moments(course)
    shown = [next(n for n, f in enumerate(course.frames) if f is m.frame) for m in moments]
    ap, lateral = zip(*images, strict=True)
    films = BalloonFilms(
        moments=moments,
        vertebrae=tuple(bones[number] for number in shown),
        ap=tuple(ap[number] for number in shown),
        lateral=tuple(lateral[number] for number in shown),
        sides=course.setup.sides,
        cines=(
            Cine(frames=ap, pulses_per_second=_FRAMES_PER_SECOND),
            Cine(frames=lateral, pulses_per_second=_FRAMES_PER_SECOND),
        ),
    )
    return films, fixed


def _contrast(course: BalloonCourse, frame: BalloonFrame) -> tuple[Matter, ...]:
    """Return the contrast agent in the balloons: none before the inflation and after it."""
    if frame.stage in {"folded", "emptied"}:
        return ()
    return tuple(contrast_in(points, course.triangles) for points in frame.points_lps_mm)


def _catheter(
    vertebra: Vertebra, path: NeedlePath, folded_lps_mm: FloatArray
) -> tuple[Matter, ...]:
    """Return markers, catheter and the drawn back cannula of a balloon where it lies folded."""
    along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
    reach = (folded_lps_mm - path.entry_lps_mm) @ along
    front = path.entry_lps_mm + float(reach.max()) * along
    return balloon_catheter(vertebra, _path_to(path, front), float(reach.min()))


def _path_to(path: NeedlePath, tip_lps_mm: FloatArray) -> NeedlePath:
    """Return a path that ends at another tip on its line."""
    length = float(np.linalg.norm(tip_lps_mm - path.entry_lps_mm))
    return replace(path, target_lps_mm=tip_lps_mm, length_mm=length)
