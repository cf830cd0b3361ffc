"""The ways out of a vertebra, in words."""

PATHS = {
    "B": "basivertebral vein (B)",
    "S": "segmental vein (S)",
    "C": "cortical defect (C)",
    "D": "endplate, to the disc (D)",
    "canal": "posterior wall, to the canal",
    "track": "needle track",
}
ANY = "any of them"
