"""Charts as files: SVG, PNG and the data behind each (JSON, and CSV where they are rows)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.reports.atomic import write_text_atomically
from GliomaRadiomicsLib.reports.survival_figures.style import as_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("kaplan_meier", "roc", "calibration", "forest", "importance", "nomogram")
BINARY_KINDS = ("binary_roc", "binary_calibration")
"""Of systems that tell two classes apart, without time."""


def draw_chart(chart: Mapping[str, Any]) -> Figure:
    """The drawing of one chart.

    Raises:
        RefusedInput: If its kind is unknown.
    """
    kind = chart.get("kind")
    if kind not in KINDS + BINARY_KINDS:
        remedy = f"one of {', '.join(KINDS + BINARY_KINDS)}"
        raise RefusedInput(what="unknown kind of chart", where="kind", found=kind, remedy=remedy)
    return import_module(f"GliomaRadiomicsLib.reports.survival_figures.{kind}").draw(chart)


def write_charts(charts: Mapping[str, Mapping[str, Any]], folder: str | Path) -> list[Path]:
    """Write ``<name>.svg``, ``.png``, ``.json`` and, for charts of rows, ``.csv``; returns the files.

    Raises:
        RefusedInput: If a chart's kind is unknown, or the folder cannot be written.
    """
    folder, written = Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in charts.items():
            written += _write(folder / name, chart)
    except OSError as error:
        remedy = "choose a writable folder with free space"
        raise RefusedInput(what="cannot be written", where=folder, found=error.strerror, remedy=remedy) from error
    return written


def _write(stem: Path, chart: Mapping[str, Any]) -> list[Path]:
    figure = draw_chart(chart)
    files = []
    for kind in ("svg", "png"):
        files.append(stem.with_name(f"{stem.name}.{kind}"))
        files[-1].write_bytes(as_bytes(figure, kind))
    texts = {"json": json.dumps(chart, indent=1, allow_nan=False) + "\n"}
    if chart.get("rows"):
        texts["csv"] = _csv(chart["rows"])
    for kind, text in texts.items():
        files.append(stem.with_name(f"{stem.name}.{kind}"))
        write_text_atomically(files[-1], text)
    return files


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
