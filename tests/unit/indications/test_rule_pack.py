"""Rules of a site: read, checked, and refused in words."""

import re

import pytest

from vertaug.case.errors import FormatError, InputError
from vertaug.indications.rule_pack import parse_rule_pack, read_rule_text

RULE = (
    '{id: X1, when: "lab.inr > P.inr_max", effect: rel_ci, grade: consensus, st: verified, '
    'src: [SIR2019], say: "High INR.", pt: "", strength: consensus, review_by: 2027-01-01}'
)
TEXT = f"""version: site-3
params:
  inr_max: {{value: 1.5, range: [1.5, 1.8], src: SIR2019}}
  lab_max_age_h: {{value: 72, range: [24, 720], src: site}}
rules:
- {RULE}
"""


def test_a_site_file(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(TEXT)
    pack = parse_rule_pack(read_rule_text(path), path.name)
    assert (pack.version, pack.name) == ("site-3", "site.yaml")
    assert [rule.name for rule in pack.rules] == ["X1"]
    assert pack.values == {"inr_max": 1.5, "lab_max_age_h": 72}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: site-3\n", "", "missing version"),
        ("version: site-3", "version: site-3\nmore: 1", "unknown more"),
        ("value: 1.5, range", "value: 2.5, range", "outside its range"),
        ("value: 1.5, range", "value: high, range", "expected as a number"),
        ("range: [1.5, 1.8], src", "range: [1.5], src", "range as two"),
        ("src: SIR2019}", "src: Nobody2020}", "not in the list of sources"),
        ("src: [SIR2019]", "src: []", "no source"),
        ("effect: rel_ci", "effect: forbid", "'forbid' is not one of emergency"),
        ("st: verified", "st: sure", "not one of verified"),
        ("strength: consensus", "strength: strong", "not one of RCT-sham"),
        ("effect: rel_ci", "effect: gate", "goes with the effect gate"),
        ("grade: consensus", "grade: consensus, applies: lab.inr > 2", "applies goes with the"),
        ("lab.inr > P.inr_max", "lab.inr > P.inr", "no parameter inr"),
        ("lab.inr > P.inr_max", "lab.inr or", "cannot be read"),
        ("lab.inr > P.inr_max", "lab.innr > 2", "did you mean lab.inr"),
        ("2027-01-01", "soon", "expected as a date"),
        ("id: X1", "name: X1", "table with an id"),
        ("grade: consensus, ", "", "rule X1: missing grade"),
        ("grade: consensus, ", "grade: consensus, colour: red, ", "unknown colour"),
        ("lab_max_age_h: {value: 72, range: [24, 720], src: site}", "", "lab_max_age_h is missing"),
        (f"- {RULE}", f"- {RULE}\n- {RULE}", "X1 is there twice"),
        (f"- {RULE}", "- 3", "expected as a table"),
        (TEXT[TEXT.index("rules:") :], "rules: 3", "rules as a list"),
        (TEXT, "[1, 2]", "expected to hold version"),
        (TEXT, "a: [", "not a YAML file"),
        (TEXT, "a: !!python/object/apply:os.getcwd []", "not a YAML file"),
    ],
)
def test_what_is_wrong_is_told(old, new, words):
    assert old in TEXT
    with pytest.raises(FormatError, match=re.escape(words)):
        parse_rule_pack(TEXT.replace(old, new), "site.yaml")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_rule_text(tmp_path / "none.yaml")


def test_an_unknown_rule_names_near_ones(pack):
    assert pack.rule("c01").name == "C01"
    with pytest.raises(InputError, match="C0"):
        pack.rule("C0")
    with pytest.raises(InputError, match="E01"):
        pack.rule("?!")
