"""Compiling the hot loops once, and saying so."""

import hashlib
import os
import pickle
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import vertaug


def choose_kernel_cache() -> None:
    """Give numba a place for compiled code where it would find none.

    Numba keeps it beside the source or in the user's cache folder. Where neither can be
    written, it refuses to start; then a private temporary folder is used. A folder that the
    user named with ``NUMBA_CACHE_DIR`` is left alone. Call before numba is imported.
    """
    if "NUMBA_CACHE_DIR" in os.environ or os.access(Path(vertaug.__file__).parent, os.W_OK):
        return
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if not _can_write(home):
        os.environ["NUMBA_CACHE_DIR"] = str(_private_folder())


def _can_write(folder: Path) -> bool:
    try:
        nearest = next((p for p in (folder, *folder.parents) if p.exists()), folder)
    except OSError:  # a home that this user may not even look into
        return False
    return os.access(nearest, os.W_OK | os.X_OK)


def _private_folder() -> Path:
    """Return a folder that nobody else can write, because compiled code is loaded from it."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"vertaug-kernels-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="vertaug-kernels-"))
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    if private and (not hasattr(os, "getuid") or status.st_uid == user):
        return folder
    return Path(tempfile.mkdtemp(prefix="vertaug-kernels-"))


def set_threads(number: int | None) -> None:
    """Limit the threads of this process; None leaves all cores. Results do not depend on it.

    Parameters
    ----------
    number : int or None
        At least 1; more than there are cores is cut to the number of cores.
    """
    if number is None:
        return
    import numba
    import SimpleITK as sitk

    chosen = max(1, min(number, numba.get_num_threads()))
    numba.set_num_threads(chosen)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(chosen)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSignature:
    """A kernel with the argument types that the chain calls it with.

    Attributes
    ----------
    module, name : str
        Where it is.
    arguments : tuple of str
        Numba types in words: ``float32[:,:,::1]``.
    """

    module: str
    name: str
    arguments: tuple[str, ...]


_INTERPOLATION = "vertaug.numerics._interpolation_numba"
_FIELD, _ROWS, _ROW, _ONE = "float32[:,:,::1]", "float64[:,::1]", "float64[::1]", "float64"
_DISTANCE = "vertaug.numerics._distance_numba"
_FEET, _VOXELS = "float32[:,::1]", "int32[:,::1]"
_FIELDS = "float32[:,:,:,::1]"
_FROZEN = "Array(float32, 3, 'C', readonly=True)"
_SHAPE = "UniTuple(int64, 3)"

_XRAY = "vertaug.fluoroscopy."
_IMAGE = "float32[:,::1]"
_WEIGHTS = "float32[::1]"
_KNOWN_ROWS, _KNOWN_ROW = (f"Array(float64, {n}, 'C', readonly=True)" for n in (2, 1))

CHAIN_KERNELS: tuple[KernelSignature, ...] = (
    KernelSignature(module=_DISTANCE, name="project_to_surface", arguments=(_FIELD, _VOXELS)),
    KernelSignature(
        module=_DISTANCE,
        name="measure_distance",
        arguments=(_FIELD, _FEET, _FEET, _VOXELS, "int32[:,:,::1]", "int32[:,:,:,::1]", _ONE),
    ),
    KernelSignature(
        module=_INTERPOLATION, name="sample_trilinear_points", arguments=(_FROZEN, _ROWS, _ONE)
    ),
    KernelSignature(
        module=_INTERPOLATION,
        name="resample_trilinear_affine",
        arguments=(_FIELD, _ROWS, _SHAPE, _ONE),
    ),
    KernelSignature(
        module="vertaug.planning._clearance_numba",
        name="trace_paths",
        arguments=(_FIELDS, _FIELDS, _ROWS, _ROWS, _ROW, _ROW),
    ),
    KernelSignature(
        module="vertaug.report._raster_numba",
        name="scan_convert",
        arguments=("float64[:,:,::1]", _ROWS, "int64[:,::1]"),
    ),
    KernelSignature(
        module="vertaug.report._raster_numba",
        name="blend_normals",
        arguments=(
            "float64[:,:,::1]",
            "int64[:,::1]",
            _ROWS,
            "int64[:,::1]",
            _ROWS,
            "float64[:,:,::1]",
        ),
    ),
    KernelSignature(
        module=_XRAY + "_projection_numba",
        name="sum_coded_columns",
        arguments=("int16[::1]", "int64[::1]", "int64", "int64[::1]", "int64[:,:,::1]"),
    ),
    KernelSignature(
        module=_XRAY + "_projection_numba",
        name="integrate_pair",
        arguments=("int64[::1]", _SHAPE, _ROWS, _ROWS, "float64[:,:,::1]"),
    ),
    KernelSignature(
        module=_XRAY + "_transmission_numba",
        name="transmit_tissue",
        arguments=("float64[:,:,::1]", _KNOWN_ROWS, _ROW, _ROW, _IMAGE),
    ),
    KernelSignature(
        module=_XRAY + "_transmission_numba",
        name="transmit_matter",
        arguments=(
            "float64[:,:,::1]",
            "float64[:,:,::1]",
            _ROW,
            _KNOWN_ROW,
            _KNOWN_ROWS,
            _ROWS,
            _IMAGE,
        ),
    ),
    KernelSignature(
        module=_XRAY + "_transmission_numba",
        name="count_quanta",
        arguments=(_IMAGE, "uint64", _IMAGE),
    ),
    KernelSignature(
        module=_XRAY + "_display_numba",
        name="show_signal",
        arguments=(_IMAGE, _IMAGE, _WEIGHTS, _WEIGHTS, "uint8[::1]", "uint8[:,::1]"),
    ),
    KernelSignature(
        module=_XRAY + "_chord_numba",
        name="add_chords",
        arguments=(_ROWS, _ROWS, "int64", _ONE, _ROWS),
    ),
)
"""Every kernel of the chain; a test holds those of anatomy and planning against a run."""

_BLOCK = 16
"""Voxels along each edge of the block that is computed to compile the kernels of strength: enough
for every level of the multigrid cycle."""
MECHANICS_KERNELS: tuple[KernelSignature, ...] = tuple(
    KernelSignature(module=f"vertaug.{module}", name=name, arguments=())
    for module, names in (
        ("numerics._brick_numba", ("sweep",)),
        (
            "numerics._galerkin_numba",
            ("sum_bricks", "sum_cells", "gather_stencil", "restrict", "interpolate"),
        ),
        ("numerics._stencil_numba", ("sweep_stencil",)),
        ("numerics._cholesky_numba", ("factor", "solve")),
        ("numerics._vector_numba", ("dot", "advance", "turn")),
        ("numerics._pieces_numba", ("count_faces", "gather_wrenches", "add_motions")),
        ("numerics._pieces_numba", ("list_pairs", "sum_links")),
        ("mechanics._plasticity_numba", ("stress_bricks", "change_bricks")),
    )
    for name in names
)
"""Kernels of the strength step; `warm_up_mechanics` finds their types."""


def warm_up(tell: Callable[[str, float], None]) -> None:
    """Compile every kernel of the chain, or load it where it was compiled before.

    Parameters
    ----------
    tell : callable
        Takes (message, fraction); hears ``compiling kernels, once`` where the cache is cold.
    """
    waiting = [kernel for kernel in CHAIN_KERNELS if not _dispatcher(kernel).signatures]
    words = say_kernels(CHAIN_KERNELS)
    for number, kernel in enumerate(waiting):
        tell(f"{words}: {kernel.name}", number / len(waiting))
        _dispatcher(kernel).compile(tuple(_numba_type(text) for text in kernel.arguments))


def warm_up_mechanics(tell: Callable[[str, float], None]) -> None:
    """Compile the kernels of the strength step, or load them, by computing a small block.

    Other steps do not need them. Their arguments are too many to be listed here, so that the
    block decides on the types.

    Parameters
    ----------
    tell : callable
        Takes (message, fraction); hears ``compiling kernels, once`` where the cache is cold.
    """
    import numpy as np

    from vertaug.case.grid import Grid
    from vertaug.mechanics.disc_load import measure_disc_load
    from vertaug.mechanics.elastic import solve_elastic
    from vertaug.mechanics.model import VertebraModel, nodes_of_faces
    from vertaug.mechanics.plastic import NewtonLimits, crush
    from vertaug.mechanics.plastic_body import YieldSurface

    words = say_kernels(MECHANICS_KERNELS)
    shape = (_BLOCK, _BLOCK, _BLOCK)
    block = np.ones(shape, dtype=bool)
    caps = np.zeros(shape, dtype=bool)
    caps[:, :, [0, -1]] = True
    model = VertebraModel(
        grid=Grid(shape=shape, affine=np.eye(4)),
        bone_mpa=np.full(shape, 300.0),
        filler_mpa=np.zeros(shape),
        strength_mpa=np.full(shape, 1.5),
        anisotropic=False,
        superior_nodes=nodes_of_faces(block, upper=True),
        inferior_nodes=nodes_of_faces(block, upper=False),
        height_mm=float(_BLOCK),
    )
    tell(f"{words}: elastic", 0.0)
    solve_elastic(model)
    # thin bars between the ends, for which the solver has kernels of its own
    a, b = np.indices(shape)[:2] % 4
    bars = np.where((a < 2) & (b < 2) | caps, 300.0, 0.0)
    solve_elastic(replace(model, bone_mpa=bars))
    measure_disc_load(model, caps)
    tell(f"{words}: plastic", 0.5)
    # one move of Newton's method on the cheaper surface: the kernels are the same for both
    crush(
        model,
        YieldSurface.MISES,
        displacements_mm=np.array([0.01 * _BLOCK]),
        limits=NewtonLimits(tolerance=0.1),
    )


def say_kernels(kernels: tuple[KernelSignature, ...]) -> str:
    """Return whether kernels are compiled or only loaded, in words."""
    cached = all(_is_cached(kernel) for kernel in kernels)
    return "loading kernels" if cached else "compiling kernels, once"


def kernels_are_cached() -> bool:
    """Return whether numba will load every kernel of the chain, and compile none."""
    return all(_is_cached(kernel) for kernel in CHAIN_KERNELS)


def _dispatcher(kernel: KernelSignature) -> Any:
    return getattr(import_module(kernel.module), kernel.name)


def _is_cached(kernel: KernelSignature) -> bool:
    """Return whether numba will load a kernel instead of compiling it.

    Asked of numba's own index. Whether a source that was touched but not changed is compiled
    again depends on numba: it goes by the time of the file, or by its content.
    """
    dispatcher = _dispatcher(kernel)
    try:
        index = dispatcher._cache._cache_file._load_index()
        machine = dispatcher.targetctx.codegen().magic_tuple()
    except (AttributeError, OSError, EOFError, pickle.UnpicklingError):
        return False  # another numba, or a damaged index: it will compile
    code = hashlib.sha256(dispatcher.py_func.__code__.co_code).hexdigest()
    wanted = tuple(_numba_type(text) for text in kernel.arguments)
    return any(
        key[1] == machine and key[2][0] == code and (not wanted or key[0] == wanted)
        for key in index
    )


def _numba_type(text: str) -> Any:
    from numba.core import sigutils

    (kind,), _ = sigutils.normalize_signature(f"({text},)")  # type: ignore[no-untyped-call]
    return kind
