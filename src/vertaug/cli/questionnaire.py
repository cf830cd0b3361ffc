"""``vertaug questionnaire``: forms on paper, and what can be scored."""

import json
from typing import TYPE_CHECKING

import typer

from vertaug.case.errors import InputError

if TYPE_CHECKING:
    from vertaug.cli.questionnaire_options import Questionnaire


def print_questionnaire(given: "Questionnaire") -> None:
    """Write the form, or list the instruments where none is named.

    Raises
    ------
    InputError
        If instruments are named without a file, or a text file goes with more than one.
    """
    names = tuple(given.instruments or ())
    if not names and given.out is None:
        _list(as_json=given.json_output)
        return
    if not names or given.out is None:
        message = "name the forms and the file, such as: vertaug questionnaire rmdq24 -o rmdq.pdf"
        raise InputError(message)
    from vertaug.recovery.prom.instrument import find_instrument
    from vertaug.recovery.prom.licensed_text import with_licensed_text
    from vertaug.report.questionnaire import write_questionnaire

    instruments = tuple(find_instrument(name) for name in names)
    if given.licensed_text is not None:
        if len(instruments) != 1:
            message = "--licensed-text goes with one instrument"
            raise InputError(message)
        instruments = (with_licensed_text(instruments[0], given.licensed_text),)
    path = write_questionnaire(instruments, given.out).resolve()
    if given.json_output:
        typer.echo(json.dumps({"questionnaire": str(path), "instruments": list(names)}))
        return
    typer.echo(str(path))


def _list(*, as_json: bool) -> None:
    from vertaug.recovery.prom.instrument import list_instruments, list_refused

    found = list_instruments()
    if as_json:
        tree = {
            "instruments": [
                {
                    "id": one.id,
                    "name": one.name,
                    "version": one.version,
                    "scale": one.scale,
                    "scores": list(one.scores),
                    "text": one.has_text,
                    "licence": one.licence,
                    "status": one.status,
                }
                for one in found
            ],
            "refused": [{"name": name, "reason": reason} for name, reason in list_refused()],
        }
        typer.echo(json.dumps(tree, indent=2, ensure_ascii=False))
        return
    for one in found:
        kind = "form and score" if one.has_text else "score only"
        typer.echo(f"{one.id:11} {one.scale:11} {kind:14}  {one.name}")
    typer.echo("Score only: the licence of the text does not allow to ship it, see")
    typer.echo("vertaug questionnaire --json. Research and teaching, not for clinical decisions.")
