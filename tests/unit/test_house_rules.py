"""The house rules that no linter knows."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vertaug

ROOT = Path(vertaug.__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LARGEST_MODULE, LARGEST_FUNCTION, MOST_PARAMETERS, MOST_METHODS = 400, 50, 7, 20
# written apart, so that this file does not find itself
UNFINISHED = re.compile("|".join((r"\bTO" + "DO", "FIX" + "ME", r"\bXX" + "X", "for" + " now")))
MACHINE = re.compile(
    "|".join(("/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/", r"\b[A-Z]:\\" + "Users"))
)


def trees():
    for path in SOURCES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def is_compiled(path):
    """Kernels and their reference twins share one flat signature."""
    return path.stem.endswith(("_numba", "_reference"))


def functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_check():
    assert len(SOURCES) > 50


def test_modules_are_short():
    lines = {p.relative_to(ROOT): len(p.read_text().splitlines()) for p in SOURCES}
    assert {p: n for p, n in lines.items() if n > LARGEST_MODULE} == {}


def test_functions_are_short():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": node.end_lineno - _first_line(node) + 1
        for path, tree in trees()
        if not is_compiled(path)
        for node in functions(tree)
        if node.end_lineno - _first_line(node) + 1 > LARGEST_FUNCTION
    }
    assert long == {}


def _first_line(node):
    """The line where the body starts after the docstring: prose is not what makes it long."""
    body = node.body
    if ast.get_docstring(node) is not None and len(body) > 1:
        return body[1].lineno
    return node.lineno


def test_functions_have_few_parameters():
    many = {}
    for path, tree in trees():
        for node in functions(tree):
            given = node.args
            names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            names = [n for n in names if n not in {"self", "cls"}]
            if len(names) > MOST_PARAMETERS and not is_compiled(path):
                many[f"{path.relative_to(ROOT)}:{node.name}"] = len(names)
    assert many == {}


def test_classes_have_few_public_methods():
    many = {}
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                public = [f for f in node.body if isinstance(f, ast.FunctionDef)]
                count = sum(not f.name.startswith("_") for f in public)
                if count > MOST_METHODS:
                    many[f"{path.relative_to(ROOT)}:{node.name}"] = count
    assert many == {}


def test_public_things_have_docstrings():
    bare = []
    for path, tree in trees():
        if ast.get_docstring(tree) is None:
            bare.append(str(path.relative_to(ROOT)))
        bare += [
            f"{path.relative_to(ROOT)}:{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert bare == []


def test_no_print_and_no_bare_except():
    found = []
    for path, tree in trees():
        for node in ast.walk(tree):
            name = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
            bare = isinstance(node, ast.ExceptHandler) and node.type is None
            if name in {"print", "exit", "eval", "exec"} or bare:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_no_junk_drawers():
    junk = {"utils", "util", "common", "misc", "helpers", "math", "types", "tools"}
    assert [str(p) for p in SOURCES if p.stem in junk] == []


def written_files():
    """Text that people read: sources, tests, documents and settings."""
    folders = [ROOT / name for name in ("src", "tests", "docs", ".ci")]
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    files += [p for p in ROOT.iterdir() if p.suffix in {".md", ".toml"} or p.name == "Makefile"]
    kinds = {".py", ".pyi", ".md", ".toml", ".typ", ".j2", ".css", ""}
    return [p for p in files if p.suffix in kinds and "__pycache__" not in p.parts]


@pytest.mark.parametrize("pattern", [UNFINISHED, MACHINE], ids=["unfinished", "machine"])
def test_nothing_unfinished_and_no_paths_of_a_computer(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in written_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_every_kernel_has_its_reference_beside_it():
    kernels = [p for p in SOURCES if p.stem.endswith("_numba")]
    assert kernels
    alone = [p.name for p in kernels if not twins(p)]
    assert alone == []


def twins(path):
    """Reference modules that a kernel module can be held against."""
    return list(path.parent.glob(f"{path.stem.removesuffix('_numba')}*_reference.py"))


def test_public_names_are_what_they_say():
    assert 10 <= len(vertaug.__all__) <= 40
    assert dir(vertaug) == sorted(vertaug.__all__)
    for name in vertaug.__all__:
        assert getattr(vertaug, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = vertaug.no_such_name


def test_stub_lists_the_same_public_names():
    stub = ast.parse(Path(vertaug.__file__).with_suffix(".pyi").read_text())
    listed = {
        a.asname for node in stub.body if isinstance(node, ast.ImportFrom) for a in node.names
    }
    assert listed | {"__version__"} == set(vertaug.__all__)


def test_every_name_in_all_exists():
    for path in SOURCES:
        if path.name == "__init__.py" and path.parent.name != "vertaug":
            name = ".".join(path.parent.relative_to(ROOT / "src").parts)
            module = importlib.import_module(name)
            for public in getattr(module, "__all__", ()):
                assert hasattr(module, public), f"{name}.{public}"


def test_layers_hold():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
