"""Notes, method, sources and provenance of a report."""

from collections.abc import Mapping, Sequence

from vertaug.fluoroscopy.surroundings import Trunk
from vertaug.report import words
from vertaug.report.content import Table, TextBlock, cells
from vertaug.report.content_cement_sources import CEMENT_SOURCES
from vertaug.report.content_plan import RISKY_BREACH, STEEP_DEG, best_plan, judgeable_mm
from vertaug.report.content_strength import strength_sources
from vertaug.report.inputs import ReportInput
from vertaug.report.style import BONE_WINDOW


def text_blocks(case: ReportInput) -> tuple[TextBlock, ...]:
    """Return notes about this case, the method, and the sources."""
    blocks = [TextBlock(title="Notes and limits of this case", paragraphs=_notes(case))]
    if case.planning is not None and case.planning.views:
        views = tuple(words.sentence(v.sentence) for v in case.planning.views)
        blocks.append(TextBlock(title="Working views in words", paragraphs=views))
    blocks.append(TextBlock(title="Method", paragraphs=_method(case)))
    injected = case.vertebroplasty is not None or case.kyphoplasty is not None
    cement = CEMENT_SOURCES if injected else ()
    sources = (*_SOURCES, *cement, *strength_sources(case.strength))
    blocks.append(TextBlock(title="Sources", paragraphs=tuple(dict.fromkeys(sources))))
    return tuple(blocks)


def _notes(case: ReportInput) -> tuple[str, ...]:
    """Return what was noticed about the scan, the labels, the levels and the paths, once each."""
    spacing = case.spine.scan.grid.spacing_mm
    limit = judgeable_mm(case)
    size = " × ".join(f"{s:.2f}" for s in spacing)
    notes = [
        (
            f"Voxel spacing {size} mm (left-right, front-back, head-foot). Margins that differ "
            f"from their limit by less than about {limit:.1f} mm cannot be judged on this scan."
        ),
        f"Level to treat: {case.assessment.level_source}",
        f"Density: {case.calibration.description}",
    ]
    notes += [*case.spine.scan.info.notes, *case.spine.labels.notes, *case.spine.notes]
    notes += _grouped({level: v.notes for level, v in case.spine.vertebrae.items()})
    notes += _grouped({level: m.notes for level, m in case.assessment.levels.items()})
    plan = best_plan(case.planning)
    for path in plan.paths if plan is not None else ():
        notes += [_named(f"{path.side} needle", n) for n in (*path.violations, *path.notes)]
    if case.planning is not None:
        notes.append(f"Cement volume estimate: {case.planning.cement.basis}")
    return tuple(dict.fromkeys(words.sentence(n) for n in notes if n))


def _grouped(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return each note once, with the names of all levels that it holds for."""
    levels: dict[str, list[str]] = {}
    for level, own in notes.items():
        for note in own:
            levels.setdefault(note, []).append(level)
    return [_named(", ".join(names), note) for note, names in levels.items()]


def _named(name: str, note: str) -> str:
    """Put the name in front of a note that does not have it."""
    return note if note.startswith(name) else f"{name}: {note}"


def _method(case: ReportInput) -> tuple[str, ...]:
    """Return the definitions behind the numbers."""
    paragraphs = (
        (
            "Space: LPS, millimetres. Vertebra frame: origin at the body centroid, x to "
            "the patient's left, y posterior, z along the normal of the plane midway "
            "between the endplates."
        ),
        (
            "Heights: distances between six points of the mid-sagittal section; middle points lie "
            "on the endplates half way between their corners. 3D heights: means of the height map "
            "over the front, middle and back third of the body."
        ),
        (
            "Grade: quantitative, Genant-style, from the largest loss of the three heights and "
            "along the mid-sagittal profile: 20 to below 25 % grade 1, 25 to 40 % grade 2, above "
            "40 % grade 3 [1]. The visual reading of a radiologist is not replaced."
        ),
        (
            "Wedge angle: between the least-squares lines of both endplates of the body. Local "
            "kyphosis: superior endplate of the level above to inferior endplate of this level. "
            "Cobb angle: superior endplate above to inferior endplate below. Kyphosis is positive."
        ),
        (
            "Retropulsion: largest distance of the posterior wall behind the line joining the "
            "posterior corners of the neighbours. Canal compromise: 1 minus depth over the mean "
            "depth one level above and below. The scan was taken lying, usually supine: heights "
            "and angles of standing films differ."
        ),
        (
            "Pictures: axial sections are seen from the feet and coronal ones from the front, the "
            "patient's right on the left; sagittal ones have the front on the left. Radiographs "
            "are seen from the receptor: with it above the prone patient from behind, the "
            "patient's left on the left. Oblique reformats are trilinear samples of the CT; "
            f"nothing is drawn where the scan ends. Window: {BONE_WINDOW.words}."
        ),
    )
    return (*paragraphs, *_planning_method(case))


def _planning_method(case: ReportInput) -> tuple[str, ...]:
    """Return the definitions behind the numbers of the plan."""
    if case.planning is None:
        return ()
    trunk = Trunk()
    return (
        (
            "Needle: a straight cylinder of the outer diameter, from the skin to the tip. "
            "Margins: shortest distance from its surface to the structure, negative where it "
            "cuts. Ribs without a label, vessels, nerve roots, pleura, kidney and bowel are not "
            "checked. "
            "Breach class after Gertzbein and Robbins [2]: A inside the pedicle, then "
            "2 mm steps. Angles of the needle are those of the vertebra frame on the way "
            "forward."
        ),
        (
            "Breach within aiming error: share of needles within "
            f"± {case.rules.cone_offset_mm:.0f} mm and ± {case.rules.cone_angle_deg:.0f}° "
            "about the planned one that break a wall. Caution: "
            f"{100 * RISKY_BREACH:.0f} % or more of them, or an entry below {STEEP_DEG:.0f}° to "
            "the bone's surface (design defaults)."
        ),
        (
            "C-arm angles are DICOM positioner angles [3]: relative to the patient, LAO and "
            "CRA positive."
        ),
        words.sentence(f"Ranking of the plans: {case.planning.objective}"),
        (
            "Radiographs: line integrals through the CT's voxels (thicker ones interpolated to "
            "1 mm), exact for voxels of one value; attenuation by HU as water and cortical bone, "
            "over the spectrum of a tungsten tube and an energy-integrating detector [4, 5]; "
            "quantum noise, focal-spot and detector blur; no scattered radiation. The needle is "
            "solid steel. What the CT does not cover of the trunk is completed with water up to "
            f"a rounded outline of {trunk.width_mm:.0f} x {trunk.depth_mm:.0f} mm about the spine, "
            "an assumption on which voltage, dose and noise depend. Grey: logarithm of the signal "
            "with slow changes damped. Dose: air kerma free in air, 15 cm from the isocentre "
            "toward the tube, for one frame."
        ),
        (
            "Posterior wall before medial border: on the lateral image the tip must pass the line "
            "joining the posterior corners of the body before it passes the medial edge of the "
            "pedicle's narrowest section on the AP image."
        ),
    )


_SOURCES = (
    (
        "[1] Genant HK, Wu CY, van Kuijk C, Nevitt MC. Vertebral fracture assessment using a "
        "semiquantitative technique. J Bone Miner Res 1993;8:1137-1148."
    ),
    (
        "[2] Gertzbein SD, Robbins SE. Accuracy of pedicular screw placement in vivo. "
        "Spine 1990;15:11-14."
    ),
    "[3] DICOM PS3.3, C.8.7.5, XA positioner module.",
    (
        "[4] Hubbell JH, Seltzer SM. X-ray mass attenuation coefficients. NISTIR 5632; ICRU Report "
        "44; evaluated with xraylib."
    ),
    (
        "[5] Poludniowski G, Omar A, Bujila R, Andreo P. SpekPy v2.0, a software toolkit for "
        "modeling X-ray tube spectra. Med Phys 2021;48:3630-3637."
    ),
)


def provenance_tables(case: ReportInput) -> tuple[Table, ...]:
    """Return inputs, software and parameters."""
    info = case.spine.scan.info
    grid = case.spine.scan.grid
    scan = [
        ("format", info.source_format),
        ("voxels", " × ".join(str(n) for n in grid.shape)),
        ("tube voltage", "not recorded" if info.kvp is None else f"{info.kvp:.0f} kV"),
        ("scanner", info.scanner or "not recorded"),
        ("kernel", info.kernel or "not recorded"),
        ("contrast agent", {None: "not recorded", True: "yes", False: "no"}[info.contrast]),
        ("patient position", info.patient_position or "not recorded"),
        ("label numbering", case.spine.labels.numbering),
        ("density", f"{case.calibration.method}: {_law(case)}"),
    ]
    inputs = [(i.role, f"{i.name}  {i.sha256 or ''}".strip()) for i in case.provenance.inputs]
    tables = [("Scan", scan), ("Inputs (SHA-256)", inputs)]
    software = [f"{name} {version}" for name, version in case.provenance.software]
    tables.append(("Software", [("versions", ", ".join(software))] if software else []))
    tables.append(("Parameters", list(case.provenance.parameters)))
    return tuple(
        Table(title=title, columns=("", ""), rows=tuple(cells(*row) for row in rows))
        for title, rows in tables
        if rows
    )


def _law(case: ReportInput) -> str:
    """Return the density calibration as a formula."""
    c = case.calibration
    sign = "+" if c.intercept_mg_per_ml >= 0 else "−"
    return (
        f"{c.slope_mg_per_ml_per_hu:.3f} × HU {sign} {abs(c.intercept_mg_per_ml):.1f} mg/ml K2HPO4"
    )
