"""``vertaug questionnaire``."""

import json


def test_without_a_name_it_lists_what_can_be_scored(run):
    said = run("questionnaire")
    assert said.code == 0
    assert "rmdq24      0-24        form and score  Roland-Morris" in said.out
    assert "odi         0-100 %     score only      Oswestry" in said.out
    assert "not for clinical decisions" in said.out


def test_list_as_json_has_licences_and_refusals(run):
    found = json.loads(run("questionnaire", "--json").out)
    odi = next(one for one in found["instruments"] if one["id"] == "odi")
    assert odi["text"] is False
    assert "Mapi" in odi["licence"]
    assert any("QualityMetric" in one["reason"] for one in found["refused"])


def test_it_writes_a_form(run, tmp_path):
    out = tmp_path / "pain.pdf"
    said = run("questionnaire", "nrs_rest", "nrs_move", "-o", str(out))
    assert (said.code, said.out) == (0, f"{out}\n")
    assert out.read_bytes().startswith(b"%PDF")
    said = run("questionnaire", "rmdq24", "-o", str(tmp_path / "r.html"), "--json")
    assert json.loads(said.out)["instruments"] == ["rmdq24"]


def test_text_of_ones_own_licence(run, tmp_path):
    text = ['instrument = "peg"', 'licence = "letter"', 'attribution = "(c) owner of the words"']
    text += [line for i in "peg" for line in (f"[items.{i}]", f'text = "Own words {i}"')]
    text += ["options = [" + ", ".join(f'"{n}"' for n in range(11)) + "]"]
    own = tmp_path / "own.toml"
    own.write_text("\n".join(text), encoding="utf-8")
    out = tmp_path / "peg.html"
    assert run("questionnaire", "peg", "--licensed-text", str(own), "-o", str(out)).code == 0
    assert "Own words g" in out.read_text("utf-8")
    assert "(c) owner of the words" in out.read_text("utf-8")


def test_refusals(run, tmp_path):
    out = str(tmp_path / "x.pdf")
    for arguments, words in (
        (("odi", "-o", out), "has no text here: Copyright J. Fairbank"),
        (("SF-36v2", "-o", out), "QualityMetric licence"),
        (("rmdq", "-o", out), "did you mean rmdq24"),
        (("rmdq24",), "name the forms and the file"),
        (("-o", out), "name the forms and the file"),
        (("odi", "peg", "--licensed-text", out, "-o", out), "goes with one instrument"),
    ):
        said = run("questionnaire", *arguments)
        assert said.code == 2
        assert words in " ".join(said.err.split())
    assert list(tmp_path.iterdir()) == []
