"""What docs/scores.md says is what the program does."""

import re
from pathlib import Path

import vertaug
from vertaug.case.clinical_code import CodeSystem, read_codes
from vertaug.indications.score.score_table import read_scores

PAGE = (Path(vertaug.__file__).parents[2] / "docs" / "scores.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_example_of_a_score():
    names = {}
    exec(EXAMPLES[0], names)
    result = names["result"]
    assert f"# {result.value}, {result.low}, {result.high}: what is known" in EXAMPLES[0]
    assert f"# {result.card_value}: the card counts" in EXAMPLES[0]


def test_example_of_a_hold():
    names = {}
    exec(EXAMPLES[1], names)
    assert f"# {names['held'].headline}\n" in EXAMPLES[1]


def test_table_of_the_private_scheme():
    rows = [row for row in read_codes() if row.system is CodeSystem.PRIVATE]
    assert re.findall(r"\| `([A-Z_]+)` \| (.*) \|", PAGE) == [(r.code, r.text) for r in rows]


def test_what_is_unverified_is_said():
    recalled = [score.name for score in read_scores().values() if score.status == "recalled"]
    assert PAGE.count("recalled: unverified |") == len(recalled)
