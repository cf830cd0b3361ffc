"""What a person sees while a run goes on."""

import io

from vertaug.cli.progress import show_progress
from vertaug.imaging.phantom import PhantomSpec
from vertaug.workflow.progress import StepProgress

STEP = StepProgress(title="Anatomy", index=2, total=7, left=("Planning", "Report"))


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self):
        return True


def test_a_bar_with_the_step_and_what_is_left(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(quiet=False) as listen:
        listen(STEP)
        listen(StepProgress(title="Report", index=6, total=7, message="figures", fraction=0.5))
    assert "3/7 Anatomy" in shown.getvalue()
    assert "then planning, report" in shown.getvalue()
    assert "figures - last step" in shown.getvalue()


def test_plain_lines_where_there_is_no_terminal(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    with show_progress(quiet=False) as listen:
        for message in ("", "", "compiling kernels, once: a", "compiling kernels, once: b", ""):
            listen(StepProgress(title="Kernels", index=1, total=7, message=message))
    assert shown.getvalue().splitlines() == ["2/7 Kernels", "2/7 Kernels: compiling kernels, once"]


def test_plain_lines_at_each_tenth_and_for_notes(monkeypatch):
    shown = io.StringIO()
    clock = [0.0]
    monkeypatch.setattr("vertaug.cli.progress.monotonic", lambda: clock[0])
    monkeypatch.setattr("sys.stderr", shown)
    with show_progress(quiet=False) as listen:
        listen(StepProgress(title="Samples", index=4, total=7, note="read this: first"))
        for number in range(1, 31):
            clock[0] += 2.0
            message = f"sampling: injection {number} of 30"
            listen(
                StepProgress(
                    title="Samples", index=4, total=7, message=message, fraction=number / 30
                )
            )
    first, begun, *tenths = shown.getvalue().splitlines()
    assert (first, begun) == ("note: read this: first", "5/7 Samples: sampling")
    assert tenths == [
        f"5/7 Samples: sampling: injection {3 * n} of 30, {10 * n} %" for n in range(1, 11)
    ]


def test_a_fast_step_needs_no_tenths(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr("vertaug.cli.progress.monotonic", lambda: 5.0)
    with show_progress(quiet=False) as listen:
        for tenth in range(11):
            listen(
                StepProgress(
                    title="Kernels", index=1, total=7, message="loading: a", fraction=tenth / 10
                )
            )
    assert shown.getvalue() == "2/7 Kernels: loading\n"


def test_a_note_stands_above_the_bar(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(quiet=False) as listen:
        listen(StepProgress(title="Injection", index=2, total=7, note="too [short]: 1 of 2 ml"))
    assert "note: too [short]: 1 of 2 ml" in shown.getvalue()


def test_quiet_is_quiet(capsys):
    with show_progress(quiet=True) as listen:
        assert listen is None
    assert capsys.readouterr().err == ""


def test_demo_makes_a_case_of_the_phantom_and_prints_its_report_last(run, monkeypatch, tmp_path):
    small = PhantomSpec(
        spacing_mm=(1.5, 1.5, 1.5),
        field_of_view_mm=(112.0, 120.0, 75.0),
        centre_mm=(0.0, 22.0, -4.0),
    )
    monkeypatch.setattr("vertaug.imaging.phantom.PhantomSpec", lambda: small)
    said = run("demo", "-o", tmp_path / "case")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == str(tmp_path / "case" / "report.html")
    assert (tmp_path / "case" / "report.pdf").is_file()
    assert said.err.splitlines()[0] == "1/7 Reading"
    assert "7/7 Report" in said.err
