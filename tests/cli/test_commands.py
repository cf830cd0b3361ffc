"""The commands that answer at once."""

import json
import subprocess
import sys
from pathlib import Path

import vertaug

COMMAND = str(Path(sys.executable).with_name("vertaug"))
HEAVY = ("numpy", "scipy", "numba", "SimpleITK", "pydicom", "matplotlib", "pydantic", "rich")


def test_help_lists_the_commands_and_the_warning(run):
    said = run("--help")
    assert said.code == 0
    for command in ("demo", "plan", "measure", "report", "fluoro", "bench", "info"):
        assert f"  {command} " in said.out
    assert "not for clinical decisions" in " ".join(said.out.split())


def test_version(run):
    said = run("--version")
    assert (said.code, said.out) == (0, f"vertaug {vertaug.__version__}\n")


def test_info_as_json_names_libraries_extras_and_devices(run):
    said = run("info", "--json")
    found = json.loads(said.out)
    assert said.code == 0
    assert found["vertaug"] == vertaug.__version__
    assert found["core"]["numpy"]
    assert set(found["extras"]) >= {"dicom", "report", "all"}
    assert found["devices"][0]["cores"] >= 1


def test_info_in_words(run):
    said = run("info")
    assert said.code == 0
    assert f"vertaug {vertaug.__version__}" in said.out
    assert "extra report: " in said.out


def test_help_and_info_import_nothing_heavy():
    code = (
        "import sys\n"
        "from vertaug.cli.main import main\n"
        "try:\n    main([sys.argv[1]])\nexcept SystemExit: pass\n"
        "print('LOADED', *sys.modules)\n"
    )
    for argument in ("--help", "info", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code, argument], capture_output=True, text=True, check=True
        )
        loaded = set(done.stdout.rpartition("LOADED")[2].split())
        assert "vertaug.cli.main" in loaded
        assert loaded.isdisjoint(HEAVY), (argument, loaded.intersection(HEAVY))


def test_installed_command_runs():
    done = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"vertaug {vertaug.__version__}\n"


def test_wrong_usage_is_exit_code_2(run, tmp_path):
    assert run("plan").code == 2
    assert run("plan", "x.nii.gz", "--procedure", "surgery", "-o", tmp_path / "c").code == 2
    assert run("simulate").code == 2


def test_a_fault_of_vertaug_is_exit_code_1_with_what_to_do(run, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError("inner fault")

    monkeypatch.setattr("vertaug.cli.cases.run_case", fail)
    said = run("demo", "-o", tmp_path / "case")
    assert said.code == 1
    assert "VERTAUG_TRACEBACK" in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("VERTAUG_TRACEBACK", "1")
    assert "in fail" in run("demo", "-o", tmp_path / "case").err


def test_out_of_memory_is_exit_code_3(run, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr("vertaug.cli.cases.run_case", fail)
    said = run("demo", "-o", tmp_path / "case")
    assert said.code == 3
    assert "not enough memory" in said.err


def test_a_reader_that_has_seen_enough_is_no_fault():
    """``vertaug questionnaire | head -1``: whoever reads closes the pipe early."""
    command = [sys.executable, "-m", "vertaug", "questionnaire"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        assert ran.stderr.read() == b""
    assert ran.returncode == 0
