"""The result in a few lines for a person at a terminal."""

from rich.console import Console
from rich.table import Table

from vertaug.case.case_file import CaseDocument, PlanRecord
from vertaug.cli.kyphoplasty import list_balloon_lines
from vertaug.cli.simulate import list_lines
from vertaug.workflow.run import CaseResult


def show_summary(result: CaseResult) -> None:
    """Print the fracture, all levels and the best plan of each procedure on stdout."""
    document = result.document
    console = Console(highlight=False)
    if result.unchanged:
        console.print("Nothing changed; the case is as it was.", style="dim")
    for line in _list_findings(document):
        console.print(line, soft_wrap=True)
    console.print(_levels(document))
    for name, reason in document.fracture.incomplete.items():
        console.print(f"{name} not measured: {reason}", style="dim", soft_wrap=True)
    console.print(_describe_density(document), soft_wrap=True)
    for line in _list_plans(document):
        console.print(line, soft_wrap=True)
    for line in _list_simulated(document):
        console.print(f"simulated: {line}", soft_wrap=True, markup=False)
    for note in (*document.scan.notes, *document.labels.notes, *document.anatomy.notes):
        console.print(f"note: {note}", style="dim", soft_wrap=True, markup=False)
    console.print("Research and teaching, not for clinical decisions.", style="dim")


def _list_simulated(document: CaseDocument) -> list[str]:
    """Return the main line of each simulated procedure, of a kyphoplasty with its balloons."""
    found = document.augmentation
    if found is None:
        return []
    lines = [] if found.vertebroplasty is None else list_lines(found.vertebroplasty)[:1]
    if found.kyphoplasty is not None:
        lines += [*list_balloon_lines(found.kyphoplasty)[:2], list_lines(found.kyphoplasty)[0]]
    return lines


def _list_findings(document: CaseDocument) -> list[str]:
    fracture = document.fracture
    if fracture.level is None:
        return [f"[bold]No level to treat:[/bold] {fracture.level_source}"]
    found = fracture.levels[fracture.level]
    grade = f"grade {found.genant_grade} (quantitative, Genant-style), {found.shape.value}"
    return [
        f"[bold]{fracture.level}: {grade}[/bold]",
        f"wedge angle {found.wedge_angle_deg:.1f}°; {fracture.level_source}",
    ]


def _levels(document: CaseDocument) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in ("level", "anterior mm", "middle mm", "posterior mm", "grade", "shape"):
        table.add_column(title, justify="left" if title in {"level", "shape"} else "right")
    for name, found in document.fracture.levels.items():
        heights = (found.height_anterior_mm, found.height_middle_mm, found.height_posterior_mm)
        table.add_row(
            name,
            *(f"{height:.1f}" for height in heights),
            str(found.genant_grade),
            found.shape.value,
        )
    return table


def _describe_density(document: CaseDocument) -> str:
    found = [
        f"{name} {level.trabecular_density_mg_per_ml:.0f}"
        for name, level in document.fracture.levels.items()
        if level.trabecular_density_mg_per_ml is not None
    ]
    return f"density mg/ml K2HPO4: {', '.join(found)}; {document.density.description}"


def _list_plans(document: CaseDocument) -> list[str]:
    planning = document.planning
    if planning is None:
        return []
    lines = []
    for procedure in dict.fromkeys(plan.procedure for plan in planning.plans):
        best = next(plan for plan in planning.plans if plan.procedure is procedure)
        lines.append(_describe_plan(best))
    return [*lines, *planning.advice]


def _describe_plan(plan: PlanRecord) -> str:
    word = "bone and canal margins kept" if plan.safe else "[bold red]margin not kept[/bold red]"
    canal = min(path.canal_clearance_mm for path in plan.paths)
    return (
        f"{plan.procedure.value}: {plan.route.value.replace('_', '-')}, {plan.sides}, "
        f"{plan.paths[0].gauge} G, {word}, canal {canal:.1f} mm away, score {plan.score:.2f}"
    )
