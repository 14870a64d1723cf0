"""Options that several commands share."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData
from GliomaRadiomicsLib.pipeline.inputs import Source, sources_of_dicom, sources_of_folder

if TYPE_CHECKING:
    from GliomaRadiomicsLib.systems.protocol import LeftOut

SAID = 10
"""So many who could not be used are said on the console; the table names all."""


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """The four sequences, a case folder, or a DICOM folder."""
    for role in SEQUENCES:
        text = f"{SEQUENCE_NAMES[role]} image (NIfTI, NRRD, MHA, folder of a DICOM series)"
        parser.add_argument(f"--{role}", type=Path, metavar="F", help=text)
    parser.add_argument("--case", type=Path, metavar="DIR", help="folder with the sequences in any BraTS naming")
    text = "folder with the DICOM series of one patient; --t1ce 3 takes the third of those listed where one is wrong"
    parser.add_argument("--dicom", type=Path, metavar="DIR", help=text)


def read_sources(options: argparse.Namespace) -> dict[str, Source | None]:
    """Images by role from `add_inputs`; says which DICOM series were chosen, unless the command lists findings.

    Raises:
        RefusedInput: If nothing is given, or a case folder together with something else.
    """
    single: dict[str, Source | None] = {role: getattr(options, role) for role in SEQUENCES if getattr(options, role)}
    if options.case and (single or options.dicom):
        other = "single sequences" if single else "--dicom"
        raise RefusedInput(what=f"give either --case or {other}, not both", where="--case")
    if options.case:
        return sources_of_folder(options.case)
    if options.dicom:
        sources, lines = sources_of_dicom(options.dicom, single)
        if not hasattr(options, "json"):
            print("\n".join(lines))
        return sources
    if not single:
        remedy = "give --case DIR, --dicom DIR or at least one of --t1 --t1ce --t2 --flair"
        raise RefusedInput(what="no images given", remedy=remedy)
    return single


def add_analysis(parser: argparse.ArgumentParser) -> None:
    """Mask, clinical data, steps, models and device."""
    parser.add_argument("--mask", type=Path, metavar="F", help="tumour labels (1, 2, 4) instead of the automatic ones")
    parser.add_argument("--age", type=float, metavar="Y", help="age in years")
    parser.add_argument("--sex", help="F or M")
    parser.add_argument("--kps", type=float, metavar="N", help="Karnofsky performance status, 0 to 100")
    parser.add_argument("--resection", help="gtr, str or biopsy")
    parser.add_argument("--idh", help="mutant or wildtype, where known from tissue; used for survival")
    parser.add_argument("--grade", type=int, metavar="N", help="WHO grade of the tissue, 2 to 4; used for survival")
    own = "in the words of the model's training cohort; used for survival in lower grades"
    parser.add_argument("--histology", metavar="WORD", help=f"type of the tissue, {own}")
    parser.add_argument("--location", metavar="WORD", help=f"lobe or region, {own}")
    add_steps(parser)


def add_steps(parser: argparse.ArgumentParser) -> None:
    """Steps, models and device."""
    parser.add_argument("--steps", metavar="LIST", help=f"comma-separated subset of {','.join(STEPS)}")
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="SYSTEM=BUNDLE", help="model to use instead of the starter model"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")


def read_settings(options: argparse.Namespace) -> AnalyzeSettings:
    """Checked settings from `add_analysis` or `add_steps`."""
    models = {}
    for pair in options.models:
        system, equals, bundle = pair.partition("=")
        if not equals or not bundle:
            raise RefusedInput(what="not SYSTEM=BUNDLE", where="--models", found=pair)
        models[system] = bundle
    clinical = ClinicalData(**{field.name: getattr(options, field.name, None) for field in fields(ClinicalData)})
    steps = tuple(step.strip() for step in options.steps.split(",")) if options.steps is not None else STEPS
    settings = AnalyzeSettings(clinical, steps, models, options.device)
    settings.check()
    return settings


def console_progress() -> Progress:
    """Progress as lines on the console."""

    def show(fraction: float, message: str) -> None:
        print(f"[{100 * fraction:3.0f} %] {message}", flush=True)

    return Progress(show)


def existing_file(path: Path, option: str) -> Path:
    """The path, if it is a file; refused otherwise."""
    if not path.is_file():
        raise RefusedInput(what="no such file", where=option, found=path, remedy="check the path")
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the folders it needs; refused where that is not possible."""
    from GliomaRadiomicsLib.reports.atomic import write_text_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(path, text)
    except OSError as error:
        raise RefusedInput(
            what="cannot be written", where=path, found=error.strerror, remedy="choose a writable --out with free space"
        ) from error


def require_rows(path: Path, rows: Sequence[object]) -> None:
    """Refuse to write a table without any row."""
    if not rows:
        raise RefusedInput(
            what="nothing to write: no row was measured", where=path, remedy="check the inputs and the parameters"
        )


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of equal keys as CSV; refused without any row, and as in `write_text`."""
    require_rows(path, rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def say_left_out(left_out: Sequence[LeftOut], folder: Path, *, accepted: bool = False) -> int:
    """List who could not be used in ``folder``; the exit code: 2 if patients with faulty input were left out, else 0.

    Args:
        left_out: Patients and sequences.
        folder: For ``skipped.csv``.
        accepted: Whether the user said beforehand that this is no failure.
    """
    from GliomaRadiomicsLib.systems.left_out import summary, write_left_out

    if not left_out:
        return 0
    for one in [one for one in left_out if one.is_fault][:SAID]:
        where = f"line {one.line}, case {one.case}" if one.line else f"case {one.case}"
        print(f"left out: {where}{', ' * bool(one.sequence)}{one.sequence}: {one.reason}")
    print(f"{summary(left_out)}; lines and reasons are in {write_left_out(left_out, folder)}")
    return 2 if any(one.is_fault for one in left_out) and not accepted else 0
