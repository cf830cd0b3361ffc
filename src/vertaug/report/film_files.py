"""Radiographs as files of their own: a still as PNG, a sequence as GIF."""

import io

import numpy as np
from numpy.typing import NDArray

from vertaug.case.spine import Spine
from vertaug.fluoroscopy.cine import Cine
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report.inputs import DISCLAIMER

_COARSE = [round(value / 8) * 8 for value in range(249)] + [255] * 7
"""Grey in 32 steps: noise in finer ones makes a GIF several times larger and is not seen."""


def still_png(image: Radiograph, spine: Spine, level: str, *, outlines: bool) -> bytes:
    """Return a radiograph as PNG.

    Parameters
    ----------
    level : str
        Level in the middle, for the title.
    outlines : bool
        With letters, level names, scale and the sentence of how it was taken below; without,
        the pixels of the monitor alone.
    """
    if not outlines:
        return _png(image.grey)
    from vertaug.report.figure_radiograph import Overlay, radiograph_png, view_title

    overlay = Overlay(
        title=view_title(f"Virtual fluoroscopy, {level}", image), levels=tuple(spine.vertebrae)
    )
    return radiograph_png(image, spine, overlay)


def cine_gif(cine: Cine, spine: Spine, level: str, *, outlines: bool) -> bytes:
    """Return a sequence as an endless animated GIF, with letters and the note of its purpose."""
    from PIL import Image, ImageDraw

    frames = []
    layer = None
    for frame in cine.frames:
        moved = layer is None or frame.carm is not cine.frames[0].carm
        if outlines and moved:
            from vertaug.report.figure_radiograph import Overlay, overlay_layer

            layer = overlay_layer(frame, spine, Overlay(levels=(level,)))
        shown = frame.grey if layer is None else _blend(frame.grey, layer)
        picture = Image.fromarray(shown, mode="L")
        draw = ImageDraw.Draw(picture)
        draw.rectangle(draw.textbbox((6, 4), DISCLAIMER), fill=0)
        draw.text((6, 4), DISCLAIMER, fill=255)
        frames.append(picture)
    frames = [picture.point(_COARSE) for picture in frames]
    buffer = io.BytesIO()
    pause = round(1000.0 / cine.pulses_per_second)
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[pause] * (len(frames) - 1) + [5 * pause],
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
