"""The files of a kyphoplasty: its cement, and the inflation as it is seen on the monitor."""

from pathlib import Path

from vertaug.case.balloon_content import balloon_file_names
from vertaug.case.kyphoplasty import BalloonCourse, BalloonFrame, SimulatedKyphoplasty
from vertaug.case.plan import Procedure
from vertaug.case.spine import Spine
from vertaug.case.storage import replace_bytes
from vertaug.report.figure_radiograph import Overlay
from vertaug.report.filling_files import write_filling_tables
from vertaug.report.film_files import cine_gif
from vertaug.report.film_words import say_sides, seen_from
from vertaug.report.kyphoplasty_films import BalloonFilms, KyphoplastyFilms

_VIEWS = ("AP", "lateral")


def write_kyphoplasty_files(
    found: SimulatedKyphoplasty, films: KyphoplastyFilms | None, spine: Spine, folder: Path
) -> tuple[Path, ...]:
    """Write the cement as that of any filling, and the inflation as a GIF of each view.

    In the GIFs the balloons are folded, grow, are full and emptied, and the bone moves along.

    Parameters
    ----------
    found : SimulatedKyphoplasty
    films : KyphoplastyFilms or None
        None leaves the GIFs out.
    spine : Spine
        For letters.
    folder : Path
        Of the case; names are those of `filling_file_names` and `balloon_file_names`.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    filling = found.cement.result.filling
    written = write_filling_tables(filling, folder, Procedure.KYPHOPLASTY)
    if found.balloon is None or films is None or films.balloons is None:
        return written
    return (*written, *_write_inflation(found.balloon, films.balloons, spine, folder))


def _write_inflation(
    course: BalloonCourse, films: BalloonFilms, spine: Spine, folder: Path
) -> tuple[Path, ...]:
    level = course.setup.level
    paths = [Path(folder) / name for name in balloon_file_names(level)]
    held = [n for n, frame in enumerate(course.frames) if frame.stage == "inflated"]
    for path, cine, view in zip(paths, films.cines, _VIEWS, strict=True):
        seen = f"{level} {view}, seen {seen_from(cine.frames[0].carm)}"
        titles = [f"{seen}; {_words(course, frame)}" for frame in course.frames]
        replace_bytes(path, cine_gif(cine, spine, Overlay(levels=(level,)), titles, held))
    return tuple(paths)


def _words(course: BalloonCourse, frame: BalloonFrame) -> str:
    which, volume = say_sides(course.setup.sides, "balloon"), f"{frame.volume_ml:.1f} ml"
    volume += " in all" if len(course.setup.sides) > 1 else ""
    return {
        "folded": f"{which} folded",
        "inflated": f"{which} inflated, {volume}",
        "emptied": f"emptied, cavity {volume}",
    }.get(frame.stage, f"{which}, {volume}")
