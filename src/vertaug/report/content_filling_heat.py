"""The heat of hardening cement, in a table and in one line."""

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import HeatResult, TissueHeat
from vertaug.report import words
from vertaug.report.content import Table, cells

MONOMER_BOILS_C = 100.0
TISSUES = {
    "cement": "cement",
    "canal": "vertebral canal",
    "superior_endplate": "superior endplate",
    "inferior_endplate": "inferior endplate",
}
_ENDPLATES = ("superior_endplate", "inferior_endplate")
_BURN_C = 45.0


def heat_words(heat: HeatResult) -> str:
    """Return what the heat does to endplates and canal."""
    plates = [tissue for tissue in map(heat.tissue, _ENDPLATES) if tissue is not None]
    parts = []
    if plates:
        hottest = max(plates, key=lambda tissue: (tissue.above_50_s, tissue.peak_c))
        name = TISSUES[hottest.name]
        parts.append(
            f"hottest cell of the {name} above 50 °C for {_minutes(hottest.above_50_s)} min"
            if hottest.above_50_s > 0.0
            else f"no endplate above 50 °C ({name} at most {hottest.peak_c:.1f} °C)"
        )
    canal = heat.tissue("canal")
    if canal is None:
        parts.append("canal beyond what was computed")
    elif canal.above_45_s > 0.0:
        parts.append(
            f"canal above 45 °C for {_minutes(canal.above_45_s)} min (peak {canal.peak_c:.1f} °C)"
        )
    else:
        parts.append(f"canal not heated above {_BURN_C:g} °C (peak {canal.peak_c:.1f} °C)")
    return "; ".join(parts)


def heat_table(heat: HeatResult) -> Table:
    """Return peaks, times of the hottest cell and heated volumes by tissue."""
    rows = []
    for name, title in TISSUES.items():
        tissue = heat.tissue(name)
        if tissue is None:
            rows.append(cells(f"{title}: beyond the computed box", *[words.MISSING] * 5))
        else:
            rows.append(cells(title, *_figures(tissue)))
    return Table(
        title="Heat while the cement hardens",
        columns=(
            "Tissue", "Peak (°C)", "Hottest cell above 45 °C (min)", "above 50 °C (min)",
            "Volume above 45 °C (ml)", "above 50 °C (ml)",
        ),
        rows=tuple(rows),
        lead=words.sentence(heat_words(heat)),
        note=_note(heat),
    )  # fmt: skip


def _figures(tissue: TissueHeat) -> tuple[str, ...]:
    return (
        f"{tissue.peak_c:.1f}",
        _minutes(tissue.above_45_s),
        _minutes(tissue.above_50_s),
        _volume(tissue.above_45_mm3),
        _volume(tissue.above_50_mm3),
    )


def _note(heat: HeatResult) -> str:
    cement = heat.tissue("cement")
    parts = []
    if cement is not None and cement.peak_c >= MONOMER_BOILS_C:
        parts.append(
            f"The core of the cement is computed at {cement.peak_c:.0f} °C, at or above the "
            f"boiling point of the monomer ({MONOMER_BOILS_C:g} °C), and evaporation is left out: "
            "the real core is cooler; read the tissues, not the core."
        )
    hard = (
        "later than was computed"
        if heat.set_s is None
        else f"{heat.set_s / 60.0:.1f} min after the end of the injection"
    )
    parts.append(
        f"The cement is set {hard}. Volumes: cells that were that hot at any "
        "time; of cement, cells that hold any, with the bone in them. CEM43 and "
        "Henriques' damage of the hottest cell stand in case.json: they grow about tenfold in "
        "2.5 °C and tell no more than the order of magnitude."
    )
    return " ".join(parts)


def _minutes(seconds: float) -> str:
    return "0" if seconds <= 0.0 else f"{seconds / 60.0:.1f}"


def _volume(volume_mm3: float | None) -> str:
    if volume_mm3 is None:
        return words.MISSING
    return "0" if volume_mm3 <= 0.0 else f"{volume_mm3 * ML:.2f}"
