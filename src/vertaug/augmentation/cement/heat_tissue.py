"""How tissues around cement conduct and carry heat."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from vertaug.augmentation.cited_table import CitedTable, read_tables, read_text, read_toml
from vertaug.case.errors import FormatError
from vertaug.tissue.cited_value import CitedValue

TISSUES: tuple[str, ...] = ("bone", "cortex", "disc", "canal", "soft")
"""Names of the tissues; a voxel holds the position of its tissue."""
LEAKED_INTO = {"B": "canal", "canal": "canal", "D": "disc", "C": "soft"}
"""Tissue in which cement by a path comes to lie; the basivertebral vein opens into the canal."""
BLOOD_MJ_PER_MM3_K = 3.8
"""Heat that a volume of blood carries: 1.05 g/ml times 3.6 J/(g K) (recalled)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatTissue:
    """A tissue that conducts heat and is cooled by blood.

    Attributes
    ----------
    name, title : str
    conductivity_w_per_m_k, density_g_per_ml, heat_capacity_j_per_kg_k : CitedValue
    perfusion_per_s : CitedValue
        Volume of blood per volume of tissue and second.
    """

    name: str
    title: str
    conductivity_w_per_m_k: CitedValue
    density_g_per_ml: CitedValue
    heat_capacity_j_per_kg_k: CitedValue
    perfusion_per_s: CitedValue

    @property
    def capacity_mj_per_mm3_k(self) -> float:
        """Heat capacity per volume."""
        return 1e-3 * self.density_g_per_ml.value * self.heat_capacity_j_per_kg_k.value

    @property
    def sink_mj_per_s_mm3_k(self) -> float:
        """Heat that blood takes per volume and degree (Pennes 1948)."""
        return BLOOD_MJ_PER_MM3_K * self.perfusion_per_s.value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    conductivity_w_per_m_k: CitedTable
    density_g_per_ml: CitedTable
    heat_capacity_j_per_kg_k: CitedTable
    perfusion_per_s: CitedTable


def heat_tissues(file: str | Path | None = None) -> dict[str, HeatTissue]:
    """Return the tissues by name, in the order of `TISSUES`.

    Parameters
    ----------
    file : path, optional
        A TOML file of one's own in the form of the built-in ``tissues.toml``; what it lacks is
        taken from there.

    Raises
    ------
    FormatError
        If the file cannot be read, or holds an unknown tissue or key.
    """
    known = _built_in()
    if file is None:
        return dict(known)
    own = _parse(read_text(Path(file)), str(file))
    return {name: own.get(name, known[name]) for name in TISSUES}


def _parse(text: str, where: str) -> dict[str, HeatTissue]:
    for name in read_toml(text, where):
        if name not in TISSUES:
            message = f"tissue {name!r} in {where} is not known; expected: {', '.join(TISSUES)}"
            raise FormatError(message)
    found = {}
    for name, checked in read_tables(text, where, "tissue", _Table):
        found[name] = HeatTissue(
            name=name,
            title=checked.title,
            conductivity_w_per_m_k=checked.conductivity_w_per_m_k.cited(),
            density_g_per_ml=checked.density_g_per_ml.cited(),
            heat_capacity_j_per_kg_k=checked.heat_capacity_j_per_kg_k.cited(),
            perfusion_per_s=checked.perfusion_per_s.cited(),
        )
    return found


@cache
def _built_in() -> dict[str, HeatTissue]:
    where = files("vertaug.augmentation.cement").joinpath("data", "tissues.toml")
    return _parse(where.read_text("utf-8"), "the built-in table")
