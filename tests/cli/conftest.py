"""A small phantom as files, a finished case of it, and the command line in this process."""

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vertaug.case.volume import LabelMap, Scan
from vertaug.cli.main import main
from vertaug.imaging import write_label_nifti, write_nifti
from vertaug.imaging.phantom import PhantomSpec, build_phantom


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Files:
    """A CT with labels on disk."""

    ct: Path
    labels: Path

    def arguments(self, out, *more):
        return ["plan", str(self.ct), "--labels", str(self.labels), "-o", str(out), *more]


def save(folder, scan: Scan, labels: LabelMap) -> Files:
    """Write a CT and its labels as NIfTI; the labels carry their names."""
    folder.mkdir(parents=True, exist_ok=True)
    write_nifti(folder / "ct.nii.gz", scan.hu, scan.grid)
    write_label_nifti(folder / "labels.nii.gz", labels)
    return Files(ct=folder / "ct.nii.gz", labels=folder / "labels.nii.gz")


@pytest.fixture
def write_files(tmp_path):
    """Write a changed CT or changed labels as files."""

    def write(scan: Scan, labels: LabelMap, *, hu=None, values=None) -> Files:
        if hu is not None:
            scan = dataclasses.replace(scan, hu=np.asarray(hu).astype(scan.hu.dtype))
        if values is not None:
            kept = {name: n for name, n in labels.levels.items() if (values == n).any()}
            labels = dataclasses.replace(labels, values=values.astype(np.uint8), levels=kept)
        return save(tmp_path / "input", scan, labels)

    return write


@pytest.fixture
def run(capsys):
    """Run a command in this process."""

    def call(*arguments) -> Outcome:
        capsys.readouterr()
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Outcome(code=code, out=said.out, err=said.err)

    return call


@pytest.fixture(scope="session")
def phantom():
    """L1 whole with a wedge fracture, T12 and L2 cut by the edge."""
    return build_phantom(
        PhantomSpec(
            spacing_mm=(1.5, 1.5, 1.5),
            field_of_view_mm=(112.0, 120.0, 75.0),
            centre_mm=(0.0, 22.0, -4.0),
        )
    )


@pytest.fixture(scope="session")
def files(phantom, tmp_path_factory):
    """The phantom as files."""
    return save(tmp_path_factory.mktemp("small"), phantom.scan, phantom.labels)


@pytest.fixture(scope="session")
def finished(files, tmp_path_factory):
    """A finished case of it; copy it before changing it."""
    folder = tmp_path_factory.mktemp("finished") / "case"
    with pytest.raises(SystemExit) as left:
        main(files.arguments(folder, "--quiet", "--no-pdf"))
    assert not left.value.code
    return folder


@pytest.fixture
def case(finished, tmp_path):
    """A copy of the finished case."""
    return Path(shutil.copytree(finished, tmp_path / finished.name))
