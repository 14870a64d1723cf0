"""One look for all survival drawings: colours that colour-blind readers tell apart, and lines that differ in dash."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
"""Okabe and Ito 2008: blue, vermilion, green, purple, orange."""

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")
INK, SOFT, LINE = "#1a1a1a", "#555555", "#cccccc"
SIZE = (6.8, 5.0)
_DPI = 160
_LETTER_INCHES = 0.073


def new_figure(width: float = SIZE[0], height: float = SIZE[1]) -> Figure:
    """An empty white figure of this size in inches, laid out so that nothing overlaps; pyplot is not touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def head(figure: Figure, title: str, subtitle: str) -> None:
    """Title with a line below it, each broken where it is longer than the sheet is wide."""
    letters = int((figure.get_figwidth() - 0.3) / _LETTER_INCHES)
    text = "\n".join(line for part in (title, subtitle) for line in textwrap.wrap(part, letters))
    figure.suptitle(text, x=0.015, ha="left", fontsize=10, color=INK)


def dress(axes: Axes, x: str, y: str) -> None:
    """Names and units of the axes, a light grid."""
    axes.set_xlabel(x, fontsize=10)
    axes.set_ylabel(y, fontsize=10)
    axes.tick_params(labelsize=9)
    axes.grid(color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def counted(n: int, n_events: int) -> str:
    """``128 patients, 85 deaths``."""
    return f"{n} patients, {n_events} deaths"


def p_words(p: float | None) -> str:
    """``p = 0.014``, ``p < 0.001``, or that there is none."""
    if p is None:
        return "p not defined"
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.1 else f"p = {p:.3f}"


def years_words(year: float) -> str:
    """``1 year``, ``3 years``."""
    return f"{year:g} year{'' if year == 1 else 's'}"


def as_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as ``svg`` or ``png``; the same data give the same bytes."""
    from matplotlib import rc_context

    stream = io.BytesIO()
    with rc_context({"svg.hashsalt": "survival"}):
        figure.savefig(stream, format=kind, dpi=_DPI, metadata={"Date": None} if kind == "svg" else None)
    return stream.getvalue()
