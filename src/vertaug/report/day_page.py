"""What the pages of the day's sheet are made of."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTile:
    """A large number at the head of the sheet; ``after`` stands beside it and belongs to it."""

    label: str
    value: str
    after: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A sentence; ``mark`` is how well it is known, ``strong`` that it must not be overlooked."""

    text: str
    mark: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTick:
    """A box to tick with what is known beside it.

    Attributes
    ----------
    text : str
    known, missing, cautions : str
    mark : str
    may_not_apply : bool
        Whether it has a second box, "does not apply".
    """

    text: str
    known: str = ""
    missing: str = ""
    cautions: str = ""
    mark: str = ""
    may_not_apply: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBlock:
    """A titled part of a page: lines, boxes to tick, or a table.

    Attributes
    ----------
    title : str
    lines : tuple of DayLine
    ticks : tuple of DayTick
    columns : tuple of str
        Heads of the table; empty without one.
    rows : tuple of tuple of str
    note : str
    alarm : bool
        Whether it is framed to be seen first.
    large : bool
        Whether the table is set in large figures.
    blank_rows : bool
        Whether the rows are high enough to write in.
    """

    title: str
    lines: tuple[DayLine, ...] = ()
    ticks: tuple[DayTick, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    alarm: bool = False
    large: bool = False
    blank_rows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPage:
    """One sheet of paper: blocks over its width, then two columns, then blocks again."""

    title: str
    tiles: tuple[DayTile, ...] = ()
    top: tuple[DayBlock, ...] = ()
    left: tuple[DayBlock, ...] = ()
    right: tuple[DayBlock, ...] = ()
    bottom: tuple[DayBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPages:
    """The whole sheet.

    Attributes
    ----------
    case_name, level, procedure, sides, on : str
    warnings : tuple of str
        At the head of the first page.
    pages : tuple of DayPage
    legend : str
        What the marks mean.
    """

    case_name: str
    level: str
    procedure: str
    sides: str
    on: str
    warnings: tuple[str, ...]
    legend: str
    pages: tuple[DayPage, ...] = field(default=())
