"""Height and kyphosis of treated levels: the first image after the procedure beside the last."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from vertaug.recovery.registry.interval import Mean, Share, exact_share, mean_of_sums
from vertaug.recovery.registry.schema import table_of
from vertaug.recovery.registry.sql_day import count_if
from vertaug.recovery.responder import read_cut_points


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCourse:
    """Treated levels with two images or more after the procedure, alike in posture and modality.

    Attributes
    ----------
    levels : int
        Treated.
    followed : int
        With two images to compare.
    height_change_percent, kyphosis_change_deg : Mean
        Of the anterior height and the local kyphosis, last against first.
    recollapsed : Share
        By height or kyphosis, of levels that can be judged by either.
    words : str
    """

    levels: int
    followed: int
    height_change_percent: Mean
    kyphosis_change_deg: Mean
    recollapsed: Share
    words: str


def follow_images(connection: Connection) -> ImageCourse:
    """Return what became of height and kyphosis."""
    pairs = _pair_images()
    height = 100.0 * (pairs.c.last_height - pairs.c.first_height) / pairs.c.first_height
    kyphosis = pairs.c.last_kyphosis - pairs.c.first_kyphosis
    cut = read_cut_points()
    percent, degrees = cut["recollapse_percent"], cut["recollapse_deg"]
    known = height.is_not(None) | kyphosis.is_not(None)
    fallen = sa.func.coalesce(height <= -percent.value, sa.false()) | sa.func.coalesce(
        kyphosis >= degrees.value, sa.false()
    )
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(height), sa.func.sum(height), sa.func.sum(height * height),
            sa.func.count(kyphosis), sa.func.sum(kyphosis), sa.func.sum(kyphosis * kyphosis),
            count_if(known), count_if(known & fallen),
        ).select_from(pairs)
    ).one()  # fmt: skip
    levels = sa.select(sa.func.count()).select_from(table_of("procedure_level"))
    return ImageCourse(
        levels=int(connection.execute(levels).scalar_one()),
        followed=int(row[0]),
        height_change_percent=mean_of_sums(row[0], *row[1:4]),
        kyphosis_change_deg=mean_of_sums(row[0], *row[4:7]),
        recollapsed=exact_share(int(row[8]), int(row[7])),
        words=(
            f"Last image against the first after the procedure, alike in posture and modality; "
            f"recollapse: {percent.text} % of the height or {degrees.text} degrees "
            f"({percent.note.source}, {percent.note.status.value})"
        ),
    )


def _span_images() -> sa.Subquery:
    """Return the days of the first and the last image of levels, apart by posture and modality.

    Where a level has more than one such pair, ``rank`` 1 is the standing one.
    """
    procedure, level, image = (
        table_of("procedure"),
        table_of("procedure_level"),
        table_of("imaging"),
    )
    key = (level.c.pseudonym, level.c.procedure_no, level.c.level)
    standing_first = sa.func.coalesce(image.c.standing, sa.false()).desc()
    same = (level.c.pseudonym == procedure.c.pseudonym) & (
        level.c.procedure_no == procedure.c.procedure_no
    )
    of_level = (image.c.pseudonym == level.c.pseudonym) & (image.c.level == level.c.level)
    first_on, last_on = sa.func.min(image.c.imaged_on), sa.func.max(image.c.imaged_on)
    rank = sa.func.row_number().over(
        partition_by=key, order_by=(standing_first, image.c.modality, image.c.standing)
    )
    return (
        sa.select(
            *key,
            image.c.modality,
            first_on.label("first_on"),
            last_on.label("last_on"),
            rank.label("rank"),
        )
        .join_from(procedure, level, same)
        .join(image, of_level)
        .where(image.c.imaged_on >= procedure.c.done_on, image.c.modality != "mri")
        .group_by(*key, image.c.standing, image.c.modality)
        .having(first_on < last_on)
        .subquery()
    )


def _pair_images() -> sa.Subquery:
    """Return the first and the last image of each treated level."""
    image, spans = table_of("imaging"), _span_images()
    first, last = image.alias("first_image"), image.alias("last_image")

    def at(which: sa.FromClause, day: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        return sa.and_(
            which.c.pseudonym == spans.c.pseudonym,
            which.c.imaged_on == day,
            which.c.modality == spans.c.modality,
            which.c.level == spans.c.level,
        )

    return (
        sa.select(
            first.c.height_anterior_mm.label("first_height"),
            last.c.height_anterior_mm.label("last_height"),
            first.c.local_kyphosis_deg.label("first_kyphosis"),
            last.c.local_kyphosis_deg.label("last_kyphosis"),
        )
        .join_from(spans, first, at(first, spans.c.first_on))
        .join(last, at(last, spans.c.last_on))
        .where(spans.c.rank == 1)
        .subquery()
    )
