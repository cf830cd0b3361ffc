"""``a * b + c`` rounded once, for compiled loops whose bits must not depend on the compiler.

Left to the compiler (``fastmath={"contract"}``), what is fused depends on what a loop was inlined
into: numba's code of the process that compiles it has other last bits than that which later
processes load from its cache.
"""

from typing import Any

import llvmlite.binding
from numba.core import types
from numba.extending import intrinsic

_HAS_FMA = bool(llvmlite.binding.get_host_cpu_features().get("fma", True))
"""False on processors of before 2013: there a call of the C library's would be far too slow."""


def _fma(_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a * b + c`` of three floats, in the widest of their kinds."""
    if not all(isinstance(kind, types.Float) for kind in (a, b, c)):
        return None
    widest = max((a, b, c), key=lambda kind: kind.bitwidth)

    def generate(context: Any, builder: Any, signature: Any, parts: Any) -> Any:
        x, y, z = (
            context.cast(builder, part, kind, widest)
            for part, kind in zip(parts, signature.args, strict=True)
        )
        return builder.fma(x, y, z) if _HAS_FMA else builder.fadd(builder.fmul(x, y), z)

    return widest(a, b, c), generate


fma: Any = intrinsic(_fma)
"""``fma(a, b, c)`` is ``a * b + c`` of three floats, in the widest of their kinds."""
