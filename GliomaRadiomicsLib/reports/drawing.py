"""Drawing slices on a black sheet, in millimetres: panels side by side at one scale, marks, masks, heat maps."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import ED, ET, LABELS, NCR_NET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PX = 1600
_DPI = 129
_SIDE_MM, _TOP_MM, _BOTTOM_MM, _BAR_MM = 11.0, 20.0, 12.0, 44.0

OUTLINES = {"NCR_NET": "--", "ED": ":", "ET": "-"}
"""Line style of each label's outline, so that nobody has to tell red from green."""
_FROM_BACK_TO_FRONT = sorted(LABELS, key=lambda label: (ED, ET, NCR_NET).index(label.value))
_EDGES = ("R", "L"), ("R", "L"), ("A", "P")
MARKS = dict(zip(("axial", "coronal", "sagittal"), _EDGES, strict=True))
"""Letters on the left and right edge of each plane: the patient's right is on the image's left."""


@dataclass(frozen=True)
class Cut:
    """One slice to draw: pixels (rows down, columns right), pixel size in mm, plane and title."""

    pixels: npt.NDArray
    pixel_mm: tuple[float, float]
    plane: str
    title: str

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the picture without its frame, in millimetres."""
        return self.pixels.shape[1] * self.pixel_mm[0], self.pixels.shape[0] * self.pixel_mm[1]

    def centres(self) -> tuple[npt.NDArray, npt.NDArray]:
        """Positions of the pixel centres along x and y, in millimetres."""
        rows, columns = self.pixels.shape
        return (np.arange(columns) + 0.5) * self.pixel_mm[0], (np.arange(rows) + 0.5) * self.pixel_mm[1]


class Sheet:
    """A black sheet with a row of panels, all at one scale.

    Args:
        sizes: Width and height in mm (without frame) of each panel.
        colour_bar: Whether to keep room on the right for a colour bar.
    """

    def __init__(self, sizes: list[tuple[float, float]], colour_bar: bool = False) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._bar_mm = _BAR_MM if colour_bar else 0.0
        self._width = sum(width + 2 * _SIDE_MM for width, _ in sizes) + self._bar_mm
        self._height = max(height for _, height in sizes) + _TOP_MM + _BOTTOM_MM
        inches = WIDTH_PX / _DPI
        self.figure: Figure = Figure(figsize=(inches, inches * self._height / self._width), dpi=_DPI, facecolor="black")
        self._canvas = FigureCanvasAgg(self.figure)
        self.panels = self._panels(sizes)

    def _panels(self, sizes: list[tuple[float, float]]) -> list[Axes]:
        left, axes = 0.0, []
        for width, height in sizes:
            frame = width + 2 * _SIDE_MM, height + _TOP_MM + _BOTTOM_MM
            axes.append(self._panel(left, frame))
            axes[-1].set(xlim=(-_SIDE_MM, width + _SIDE_MM), ylim=(height + _BOTTOM_MM, -_TOP_MM))
            left += frame[0]
        return axes

    def _panel(self, left: float, size: tuple[float, float]) -> Axes:
        box = left / self._width, 1 - size[1] / self._height, size[0] / self._width, size[1] / self._height
        axes = self.figure.add_axes(box)
        axes.set_axis_off()
        return axes

    def add_colour_bar(self, mappable: Any, label: str, threshold: float, signed: bool = False) -> None:
        """Colour bar at the right edge, with the threshold (on both sides of 0 where ``signed``) above it."""
        left, width = 1 - 0.82 * self._bar_mm / self._width, 0.14 * self._bar_mm / self._width
        bar = self.figure.colorbar(mappable, cax=self.figure.add_axes((left, 0.18, width, 0.64)))
        bar.ax.tick_params(colors="white", labelsize=11)
        bar.outline.set_edgecolor("white")  # type: ignore[operator]
        bar.set_label(label, color="white", fontsize=11)
        text = f"shown beyond\n±{threshold:.2g}" if signed else f"shown from\n{threshold:.2g}"
        bar.ax.set_title(text, color="white", fontsize=11)

    def png(self) -> bytes:
        """The sheet as a PNG with a palette of 256 colours (a third of the bytes, no visible loss)."""
        from PIL import Image

        self._canvas.draw()
        image = Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3].copy())
        stream = io.BytesIO()
        image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            stream, "PNG", optimize=True
        )
        return stream.getvalue()


def draw_anatomy(axes: Axes, cut: Cut, window: tuple[float, float]) -> None:
    """The slice in grey, with title, R/L (A/P) marks and a scale bar in cm."""
    width, height = cut.size_mm
    axes.imshow(
        cut.pixels, cmap="gray", vmin=window[0], vmax=window[1], extent=(0, width, height, 0), interpolation="bilinear"
    )
    axes.set(xlim=(-_SIDE_MM, width + _SIDE_MM), ylim=(height + _BOTTOM_MM, -_TOP_MM))
    left, right = MARKS[cut.plane]
    _write(axes, width / 2, -_TOP_MM * 0.5, cut.title, "center")
    _write(axes, -_SIDE_MM * 0.35, height / 2, left, "center", weight="bold")
    _write(axes, width + _SIDE_MM * 0.35, height / 2, right, "center", weight="bold")
    _draw_scale(axes, width, height)


def draw_labels(axes: Axes, cut: Cut, labels: npt.NDArray) -> None:
    """Outlines of the labels in BraTS colours, each with its own line style; the image inside stays as it is.

    Where two labels share a border, the dashes of the one in front leave the line of the other to be seen.
    """
    masks = [(label, (labels == label.value).astype(float)) for label in _FROM_BACK_TO_FRONT]
    shown = [(label, mask) for label, mask in masks if mask.any() and min(mask.shape) > 1]
    for _, mask in shown:
        axes.contour(*cut.centres(), mask, levels=[0.5], colors="black", linewidths=2.4, alpha=0.55)
    for label, mask in shown:
        style = OUTLINES[label.key]
        axes.contour(*cut.centres(), mask, levels=[0.5], colors=[label.colour], linewidths=1.4, linestyles=style)


def draw_outline(axes: Axes, cut: Cut, mask: npt.NDArray) -> None:
    """One white outline around the whole tumour."""
    if mask.any() and min(mask.shape) > 1:
        axes.contour(*cut.centres(), mask.astype(float), levels=[0.5], colors="black", linewidths=2.8)
        axes.contour(*cut.centres(), mask.astype(float), levels=[0.5], colors="white", linewidths=1.3)


def draw_heatmap(axes: Axes, cut: Cut, values: npt.NDArray, threshold: float, limits: tuple[float, float]) -> Any:
    """Values at or above ``threshold`` (in size) over the slice; returns what a colour bar needs."""
    width, height = cut.size_mm
    shown = np.ma.masked_where(~(np.abs(values) >= threshold), values)
    return axes.imshow(
        shown,
        cmap="RdBu_r" if limits[0] < 0 else "plasma",
        vmin=limits[0],
        vmax=limits[1],
        alpha=0.65,
        extent=(0, width, height, 0),
        interpolation="nearest",
    )


def _draw_scale(axes: Axes, width: float, height: float) -> None:
    length_cm = next((cm for cm in (5, 2, 1) if cm * 10 <= width / 2), 0.5)
    bottom = height + _BOTTOM_MM * 0.55
    axes.plot([width - length_cm * 10, width], [bottom, bottom], color="white", linewidth=2.5, solid_capstyle="butt")
    _write(axes, width - length_cm * 10 - 2, bottom, f"{length_cm:g} cm", "right")


def _write(axes: Axes, x: float, y: float, text: str, align: Any, weight: str = "normal") -> None:
    from matplotlib.patheffects import withStroke

    effects = [withStroke(linewidth=2, foreground="black")]
    axes.text(x, y, text, color="white", ha=align, va="center", fontsize=12, fontweight=weight, path_effects=effects)
