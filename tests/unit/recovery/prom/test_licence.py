"""No words of licensed instruments in the repository (hazard 15), and the slot for one's own."""

import re
from pathlib import Path

import pytest

import vertaug
from vertaug.case.errors import FormatError, InputError
from vertaug.recovery.prom.instrument import find_instrument
from vertaug.recovery.prom.licensed_text import with_licensed_text
from vertaug.recovery.prom.score import score_answers

ROOT = Path(vertaug.__file__).parents[2]
KINDS = {".py", ".pyi", ".md", ".toml", ".typ", ".j2", ".css", ".csv", ".json", ".yaml", ".yml"}
KINDS |= {".txt", ".html", ".xml", ""}
# End and beginning of each, so that this file does not find itself.
PHRASES = {
    "Oswestry": (
        ("without", "i can lift heavy weights"),
        ("more than", "pain prevents me from sitting"),
        ("normally", "i can look after myself"),
        ("for more", "pain prevents me from standing"),
        ("travel", "i can stay in bed or only"),
        ("normal", "my sex life is"),
        ("the moment", "i have no pain at"),
        ("disturbed by pain", "my sleep is never"),
        ("of less", "pain restricts me to journeys"),
    ),
    "EQ-5D": (
        ("about", "i have no problems in walking"),
        ("dress myself", "i am unable to wash or"),
        ("activities", "problems doing my usual"),
        ("discomfort", "i have slight pain or"),
        ("depressed", "i am not anxious or"),
        ("about", "i have no problems walking"),
        ("is today", "how good or bad your health"),
        ("imagine", "the best health you can"),
    ),
    "SF-36v2, SF-12v2": (
        ("of life", "did you feel full"),
        ("depressed", "have you felt downhearted and"),
        ("nervous", "have you been very"),
        ("low", "have you felt downhearted and"),
        ("less carefully than usual", "did work or other activities"),
    ),
    "QUALEFFO": (
        ("dressing", "do you have problems with"),
        ("toilet", "getting to or operating a"),
        ("cleaning", "can you do the"),
        ("of your figure", "have you been affected by the changes"),
    ),
    "PEG": (("of life", "interfered with your enjoyment"),),
    "PROMIS": (("as vacuuming", "are you able to do chores such"),),
}


def phrase(parts):
    return " ".join(reversed(parts))


def plain(text):
    """Words in lower case with single spaces: line ends, quotes and marks do not hide a phrase."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def repository_files():
    folders = [ROOT / name for name in ("src", "tests", "docs", "benchmarks")]
    found = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    found += [p for p in ROOT.iterdir() if p.is_file()]
    return [p for p in found if p.suffix in KINDS and "__pycache__" not in p.parts]


def test_no_licensed_phrase_in_the_repository():
    texts = {}
    for path in repository_files():
        try:
            texts[path] = plain(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
    assert len(texts) > 300
    found = [
        f"{path.relative_to(ROOT)}: {owner}: {phrase(parts)}"
        for path, text in texts.items()
        for owner, phrases in PHRASES.items()
        for parts in phrases
        if phrase(parts) in text
    ]
    assert found == []


def test_the_search_would_find_one():
    text = '"I can lift heavy\n weights " "without extra pain."'
    assert phrase(PHRASES["Oswestry"][0]) in plain(text)


def own_text(instrument="odi", count=10, **more):
    lines = [f'instrument = "{instrument}"', 'licence = "letter of 3 May"', 'attribution = "(c) X"']
    for i in range(1, count + 1):
        lines += [f"[items.s{i}]", f'text = "Section {i}"']
        lines += [f'options = ["a{i}", "b", "c", "d", "e", "f"]']
    text = "\n".join(lines)
    for old, new in more.get("changes", ()):
        text = text.replace(old, new)
    return text


def save(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_words_of_ones_own_licence_are_taken(tmp_path):
    odi = with_licensed_text(find_instrument("odi"), save(tmp_path, own_text()))
    assert odi.has_text
    assert odi.items[2].text == "Section 3"
    assert odi.items[2].options[0] == "a3"
    assert odi.licence == "Text of the user's own licence: letter of 3 May"
    assert odi.attribution == "(c) X"
    # The shipped one stays without words, and scores do not depend on them.
    assert not find_instrument("odi").has_text
    assert score_answers(odi.id, dict.fromkeys((f"s{i}" for i in range(1, 11)), 2))[0].value == 40


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([('"odi"', '"qualeffo41"')], "expected for odi; it is for 'qualeffo41'"),
        ([('licence = "letter of 3 May"', "")], "licence: Field required"),
        ([('licence = "letter of 3 May"', 'licence = ""')], "licence"),
        ([("[items.s4]", "[items.s44]")], "misses s4 and has s44"),
        ([('["a1", "b", ', '["a1", ')], "s1 has 6 answers from 0 to 5; got 5 options"),
        ([("instrument", "instrument ===")], "cannot be read as TOML"),
    ],
)
def test_faults_of_the_file_are_named(tmp_path, changes, said):
    path = save(tmp_path, own_text(changes=changes))
    with pytest.raises(FormatError, match=said):
        with_licensed_text(find_instrument("odi"), path)


def test_shipped_words_stay_as_printed_and_euroqol_has_its_own_forms(tmp_path):
    path = save(tmp_path, own_text())
    with pytest.raises(InputError, match="must stay as printed"):
        with_licensed_text(find_instrument("rmdq24"), path)
    with pytest.raises(InputError, match="EuroQol allows its own forms only"):
        with_licensed_text(find_instrument("eq5d5l"), path)
