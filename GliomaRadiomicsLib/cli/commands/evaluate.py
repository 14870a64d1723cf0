"""`glioma-radiomics evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.cli.options import console_progress, say_left_out, write_table, write_text

if TYPE_CHECKING:
    from GliomaRadiomicsLib.systems.protocol import LeftOut

_MAIN = 4
"""So many of a system's first figures are said on the console."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder or name of a model bundle")
    parser.add_argument("cohort", type=Path, metavar="COHORT.csv", help="one line per patient")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for predictions.csv, figures.json and, for survival, charts",
    )


def run(options: argparse.Namespace) -> int:
    """Measure a bundle on a cohort; 2 if patients with faulty input had to be left out."""
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.models import bundle, store
    from GliomaRadiomicsLib.systems.registry import read_cases, system_class

    folder = store.find(options.bundle)
    metadata = bundle.load_metadata(folder)
    system = metadata["system"]
    charts: dict[str, dict[str, Any]] = {}
    left_out: Sequence[LeftOut] = ()
    if system == "segmentation":
        rows, figures = _segmentation(folder, read_cohort(options.cohort))
    else:
        kind = system_class(system)
        cases = read_cases(system, options.cohort, metadata.get("settings", {}))
        evaluation = kind.load(folder).evaluate(cases, console_progress())
        left_out = evaluation.left_out
        rows, figures, charts = (
            evaluation.predictions,
            [asdict(figure) for figure in evaluation.figures],
            evaluation.charts,
        )
    write_table(options.out / "predictions.csv", rows)
    write_text(options.out / "figures.json", json.dumps(figures, indent=2))
    _say_main(figures)
    _warn_of_known(rows)
    print(f"{len(rows)} rows in {options.out / 'predictions.csv'}, figures in {options.out / 'figures.json'}")
    if charts:
        _draw(charts, options.out / "charts")
    return say_left_out(left_out, options.out)


def _draw(charts: dict[str, dict[str, Any]], folder: Path) -> None:
    from GliomaRadiomicsLib.reports.survival_figures.write import write_charts

    written = write_charts(charts, folder)
    print(f"{len(charts)} charts as SVG and PNG with their data ({len(written)} files) in {folder}")


def _say_main(figures: Sequence[dict[str, Any]] | dict[str, Any]) -> None:
    """The first figures and the trivial rule's; of a segmentation, Dice with all the sequences that were given."""
    if isinstance(figures, dict):
        name, entry = next(iter(figures.items()))
        for region, value in entry.items():
            if isinstance(value, list | tuple):
                print(f"Dice {region} ({name}): {_with_interval(value[0], value[1:])}, n = {entry['n']}")
        return
    for number, one in enumerate(figures):
        if number < _MAIN or "trivial" in one["id"]:
            print(f"{one['metric']}: {_with_interval(one['value'], one['ci'])}, n = {one['n']}")


def _with_interval(value: float, interval: Sequence[float] | None) -> str:
    said = "" if interval is None else f" (95 % interval {interval[0]:.3g} to {interval[1]:.3g})"
    return f"{value:.3g}{said}"


def _warn_of_known(rows: Sequence[dict[str, Any]]) -> None:
    known = len({row["case"] for row in rows if row.get("trained_on")})
    if known:
        every = len({row["case"] for row in rows})
        print(
            f"warning: the bundle was trained on {known} of these {every} patients (column trained_on); "
            "leave them out for honest figures",
            file=sys.stderr,
        )


def _segmentation(folder: Path, patients: list[Any]) -> tuple[list[dict[str, Any]], Any]:
    from GliomaRadiomicsLib.systems.segmentation.evaluate import evaluate, summarise
    from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter

    rows = evaluate(Segmenter(folder), patients, progress=console_progress())
    return rows, summarise(rows)
