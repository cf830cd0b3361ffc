"""The cement of a simulation that a case holds, for the next one with the same cement."""

from pathlib import Path
from typing import TYPE_CHECKING

from vertaug.case.case_file import read_case
from vertaug.case.errors import InputError
from vertaug.case.plan import Procedure
from vertaug.workflow.optional_steps import parameters_for
from vertaug.workflow.simulation_choice import DEFAULT_PRODUCT, choose_product
from vertaug.workflow.simulation_steps import step_name
from vertaug.workflow.step_store import StepStore
from vertaug.workflow.workspace import PRIVATE

if TYPE_CHECKING:
    from vertaug.augmentation.cement.product import CementProduct


def find_product(
    folder: Path, name: str | None, file: Path | None
) -> tuple["CementProduct", str | None]:
    """Return a product and the name of the file that it came from, None for a built-in one.

    Without a file it is built in, or the one of that name with which the case was simulated.
    Without a name it is the only one of the file, or the default one.

    Parameters
    ----------
    folder : Path
        The case.
    name : str or None
    file : Path or None

    Raises
    ------
    InputError
        If the name is unknown; the known ones are named. If no name is given and the file holds
        several.
    FormatError
        If the file cannot be read, or the folder holds no case.
    """
    from vertaug.augmentation.cement.product import product_names

    if name is None:
        name = DEFAULT_PRODUCT if file is None else _only_product(file)
    if file is None and name not in product_names():
        kept = _stored(folder, name)
        if kept is not None:
            return kept
    return choose_product(name, file), None if file is None else file.name


def _only_product(file: Path) -> str:
    """Return the name of the one product of a file."""
    from vertaug.augmentation.cement.product import parse_products
    from vertaug.augmentation.cited_table import read_text

    names = list(parse_products(read_text(file), str(file)))
    if len(names) != 1:
        message = f"{file} holds {', '.join(names)}: choose one with --product"
        raise InputError(message)
    return names[0]


def _stored(folder: Path, name: str) -> tuple["CementProduct", str | None] | None:
    from vertaug.workflow.simulate import InjectedCement

    provenance = read_case(folder).provenance
    keys = {step.name: step.key for step in provenance.steps}
    store = StepStore(folder=folder / PRIVATE / "steps")
    for procedure in Procedure:
        chosen = parameters_for(provenance.parameters, procedure)
        if chosen is None or chosen.product != name:
            continue
        step = step_name(procedure, "injection")
        found = store.load(step, keys.get(step, ""), InjectedCement)
        if found is not None:
            return found.product, chosen.products
    return None
