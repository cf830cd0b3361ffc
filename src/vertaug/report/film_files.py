"""Radiographs as files of their own: a still as PNG, a sequence as GIF."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vertaug.case.spine import Spine
from vertaug.fluoroscopy.cine import Cine
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report.inputs import DISCLAIMER

if TYPE_CHECKING:
    from vertaug.report.figure_radiograph import Overlay

_STRIP_PIXELS = 16
"""Height of the strips of text above and below a sequence."""
_NARROWEST_PIXELS = 384
"""A sequence of fewer columns is enlarged, so that its words fit."""
_COARSE = [round(value / 8) * 8 for value in range(249)] + [255] * 7
"""Grey in 32 steps: noise in finer ones makes a GIF several times larger and is not seen."""


def still_png(image: Radiograph, spine: Spine, overlay: "Overlay | None") -> bytes:
    """Return a radiograph as PNG.

    Parameters
    ----------
    overlay : Overlay or None
        With letters, level names, scale, and how it was taken below; None: the pixels of the
        monitor alone.
    """
    if overlay is None:
        return _png(image.grey)
    from vertaug.report.figure_radiograph import radiograph_png

    return radiograph_png(image, spine, overlay)


def cine_gif(
    cine: Cine,
    spine: Spine,
    overlay: "Overlay | None",
    titles: Sequence[str],
    held: Sequence[int] = (),
) -> bytes:
    """Return a sequence as an endless animated GIF, with the note of its purpose.

    One that is narrower than its words is enlarged, each pixel to a square.

    Parameters
    ----------
    overlay : Overlay or None
        Letters, scale and outlines; None for none.
    titles : sequence of str
        One a frame: what moves and where it is.
    held : sequence of int, optional
        Numbers of frames that are shown as long as the last one, five times as long as others.
    """
    from PIL import Image, ImageDraw

    frames = []
    layer = None
    enlarged = -(-_NARROWEST_PIXELS // cine.frames[0].grey.shape[1])
    for frame, title in zip(cine.frames, titles, strict=True):
        moved = layer is None or frame.carm is not cine.frames[0].carm
        if overlay is not None and moved:
            from vertaug.report.figure_radiograph import overlay_layer

            layer = overlay_layer(frame, spine, overlay, enlarged)
        grey = frame.grey.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
        shown = grey if layer is None else _blend(grey, layer)
        rows, columns = shown.shape
        picture = Image.new("L", (columns, rows + 2 * _STRIP_PIXELS), 0)
        picture.paste(Image.fromarray(shown, mode="L"), (0, _STRIP_PIXELS))
        draw = ImageDraw.Draw(picture)
        for text, y in ((title, 2), (DISCLAIMER, rows + _STRIP_PIXELS + 2)):
            draw.text((6, y), text, fill=255)
        frames.append(picture)
    frames = [picture.point(_COARSE) for picture in frames]
    buffer = io.BytesIO()
    pause = round(1000.0 / cine.pulses_per_second)
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[
            pause * (5 if number in held or number == len(frames) - 1 else 1)
            for number in range(len(frames))
        ],
        loop=0,
    )
    return buffer.getvalue()


def _png(grey: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(grey), mode="L").save(buffer, format="PNG")
    return buffer.getvalue()


def _blend(grey: NDArray[np.uint8], layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay an RGBA drawing over an image, in grey."""
    rows, columns = grey.shape
    part = layer[:rows, :columns].astype(np.float32)
    cover = part[..., 3] / 255.0
    ink = part[..., :3].mean(axis=2)
    full = grey.astype(np.float32)
    full[: part.shape[0], : part.shape[1]] *= 1.0 - cover
    full[: part.shape[0], : part.shape[1]] += cover * ink
    return np.asarray(np.rint(full), dtype=np.uint8)
