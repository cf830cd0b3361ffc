"""A planned case as its file holds it, facts of a patient, and a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from vertaug.case.case_file import CaseDocument
from vertaug.case.plan import Procedure
from vertaug.indications.fact import Fact
from vertaug.indications.patient_facts import PatientFacts, define_fact

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def path_of(side, *, gauge=11, balloon_mm=None, canal_mm=3.0, safe=True):
    """One needle; the left one enters at +x."""
    x = 20.0 if side == "left" else -20.0
    return {
        "side": side,
        "entry_lps_mm": (x, 30.0, 2.0),
        "target_lps_mm": (x / 4, -10.0, 0.0),
        "skin_entry_lps_mm": (1.6 * x, 80.0, 5.0),
        "skin_depth_mm": 52.0,
        "gauge": gauge,
        "length_mm": 45.0,
        "axial_angle_deg": 15.0,
        "sagittal_angle_deg": 3.0,
        "canal_clearance_mm": canal_mm,
        "cortex_clearance_mm": 2.0,
        "margins": {"medial_wall_mm": 2.5, "anterior_wall_mm": 4.9 if safe else 3.0},
        "gertzbein_robbins": "A",
        "breach_probability": 0.02,
        "balloon_mm": balloon_mm,
        "tip_thirds": ("anterior", "middle", side),
        "tip_depth_fraction": 0.7,
        "safe": safe,
        "violations": () if safe else ("anterior wall 3.0 mm, required 5.0",),
        "notes": (),
    }


def plan_record(procedure, sides, **more):
    return {
        "procedure": procedure,
        "route": "transpedicular",
        "sides": "both" if len(sides) == 2 else sides[0],
        "score": 0.9,
        "score_terms": {},
        "safe": more.get("safe", True),
        "paths": tuple(path_of(side, **more) for side in sides),
    }


def case_tree():
    """The content of ``case.json`` with two plans of each procedure."""
    frame = {"x_axis_lps": (1, 0, 0), "y_axis_lps": (0, 1, 0), "z_axis_lps": (0, 0, 1)}
    pedicle = {
        "width_mm": 9.0,
        "height_mm": 15.0,
        "isthmus_lps_mm": (0, 0, 0),
        "axis_lps": (0, 1, 0),
        "transverse_angle_deg": 10.0,
        "sagittal_angle_deg": 0.0,
    }
    parameters = dict.fromkeys(("level", "gauge", "series", "numbering", "kvp"))
    return {
        "schema_version": 1,
        "research_use_only": True,
        "provenance": {
            "created": "2026-01-01T00:00:00+00:00",
            "software": {},
            "code_sha256": "",
            "inputs": (),
            "steps": (),
            "parameters": {
                **parameters,
                "procedures": ("vertebroplasty", "kyphoplasty"),
                "calibration": "generic",
                "correct_orientation": False,
                "pdf": False,
            },
        },
        "scan": {
            "source_format": "nifti",
            "shape": (10, 10, 10),
            "spacing_mm": (1, 1, 1),
            **dict.fromkeys(
                ("kvp", "slice_thickness_mm", "scanner", "kernel", "contrast", "patient_position")
            ),
            "notes": (),
        },
        "labels": {"numbering": "verse", "values": {"L1": 20}, "notes": ()},
        "density": {
            "method": "generic",
            "description": "",
            "slope_mg_per_ml_per_hu": 0.75,
            "intercept_mg_per_ml": 0.0,
            "quadratic_mg_per_ml_per_hu2": 0.0,
            "relative_uncertainty": 0.18,
            "offset_uncertainty_mg_per_ml": 11.0,
            "effective_energy_kev": None,
            "r_squared": None,
        },
        "anatomy": {
            "levels": {
                "L1": {
                    "complete": True,
                    "cut_by": (),
                    "origin_lps_mm": (0, 0, 0),
                    **frame,
                    "body_volume_ml": 30.0,
                    "landmarks_lps_mm": {},
                    "pedicles": {"left": pedicle, "right": pedicle},
                    "notes": (),
                }
            },
            "incomplete": {},
            "notes": (),
        },
        "fracture": {"level": "L1", "level_source": "given", "levels": {}, "incomplete": {}},
        "planning": {
            "level": "L1",
            "needle": {
                "gauge": 11,
                "outer_diameter_mm": 3.05,
                "usable_length_mm": 150.0,
                "source": "",
            },
            "plans": (
                plan_record("vertebroplasty", ("right", "left")),
                plan_record("kyphoplasty", ("left", "right"), gauge=10, balloon_mm=15.0),
                plan_record("vertebroplasty", ("left",), safe=False),
                plan_record("kyphoplasty", ("right",), gauge=10, balloon_mm=20.0),
            ),
            "views": {
                name: {"primary_angle_deg": p, "secondary_angle_deg": s, "sentence": ""}
                for name, p, s in (("ap", 0.0, 10.0), ("lateral", 90.0, 0.0), ("barrel_left", 1, 1))
            },
            "cement": {"low_ml": 4.0, "target_ml": 5.0, "high_ml": 6.0, "basis": "16-24 %"},
            "advice": (),
            "objective": "",
        },
    }


@pytest.fixture
def tree():
    """The content of ``case.json``, to be changed."""
    return case_tree()


@pytest.fixture
def document(tree):
    """A planned case."""
    return CaseDocument.model_validate(tree)


@pytest.fixture
def facts_of():
    """Facts by name; a pair is a value with its day."""

    def make(**known):
        made = []
        for key, given in known.items():
            name = key.replace("__", ".")
            value, dated = given if isinstance(given, tuple) else (given, None)
            made.append(Fact(definition=define_fact(name), value=value, dated=dated))
        return PatientFacts.of(made)

    return make


@pytest.fixture
def at():
    """Times by minutes from the start."""
    return lambda minutes: START + timedelta(minutes=minutes)


@pytest.fixture(params=list(Procedure), ids=str)
def procedure(request):
    """Either procedure."""
    return request.param
