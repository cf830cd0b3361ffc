"""The ways out of a vertebra, in words; Yeom's type in brackets."""

PATHS = {
    "B": "basivertebral vein (B)",
    "S": "segmental vein (S)",
    "C": "cortex of side or front (C)",
    "D": "endplate, to the disc (C)",
    "canal": "posterior wall (C)",
    "track": "needle track",
}
ANY = "any of them"
GROUPS = (
    ("towards the canal (basivertebral vein or posterior wall)", ("B", "canal")),
    ("segmental veins or cortex", ("S", "C")),
    ("", ("D",)),
    ("", ("track",)),
)
"""Paths by what they endanger, the canal first; a path alone has no name of a group."""
YEOM = (
    "Types of Yeom in brackets: B, S, C. He counts disc and posterior wall as C; the letters D and "
    "canal in the column Key, in the pictures and in case.json are vertaug's own. B counts cement "
    "in a vein that runs to the basivertebral foramen, also while it is in the body still: nothing "
    "would stop it there."
)


def list_rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what stands in the rows of a table by path: title and paths, groups before theirs."""
    rows: list[tuple[str, tuple[str, ...]]] = []
    for title, paths in GROUPS:
        if title:
            rows.append((title, paths))
        rows += [(f"– {PATHS[path]}" if title else PATHS[path], (path,)) for path in paths]
    return tuple(rows)
