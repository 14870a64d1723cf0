"""`glioma-radiomics train`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.cli.options import console_progress, existing_file, say_left_out, write_table
from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.models.metadata import check_name

if TYPE_CHECKING:
    from GliomaRadiomicsLib.core.progress import Progress
    from GliomaRadiomicsLib.systems.protocol import LeftOut

CANCELLED = 130
OUTLINING = ("segmentation", "brain_extraction")
"""Networks the other systems rest on; each has a `bundle.train_bundle`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    from GliomaRadiomicsLib.systems.registry import SYSTEMS

    parser.add_argument("system", metavar="SYSTEM", help=", ".join((*OUTLINING, *SYSTEMS)))
    parser.add_argument("cohort", type=Path, metavar="COHORT.csv", help="one line per patient")
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="folder of the model bundle to write")
    parser.add_argument("--config", type=Path, metavar="C.yaml", help="settings of the system")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")


def run(options: argparse.Namespace) -> int:
    """Train, measure and write the bundle; 2 if patients with faulty input had to be left out of it."""
    try:
        return train(options.system, options.cohort, options.out, options.config, options.device, console_progress())
    except (Cancelled, KeyboardInterrupt):
        work = _work(options.out)
        kept = (
            f"what is done is kept in {work}, and the same call goes on there" if work.is_dir() else "nothing is kept"
        )
        print(f"glioma-radiomics: cancelled; no bundle was written; {kept}", file=sys.stderr)
        return CANCELLED


def train(
    system: str, cohort: Path, out: Path, config_file: Path | None, device: str, progress: Progress | None
) -> int:
    """Train, measure and write the bundle, and say so on standard output.

    Returns:
        Exit code: 2 if patients with faulty input had to be left out, else 0.

    Raises:
        RefusedInput: If the system, the cohort or the settings cannot be used, or ``out`` exists already.
    """
    from GliomaRadiomicsLib.imaging.cohort import read_cohort

    _check_device(device)
    check_name(out.name)
    if out.exists():
        raise RefusedInput(what="this bundle exists already", where=out, remedy="choose another --out")
    config = read_yaml(config_file) if config_file else {}
    left_out: Sequence[LeftOut] = ()
    if system in OUTLINING:
        train_bundle = import_module(f"GliomaRadiomicsLib.systems.{system}.bundle").train_bundle
        loop = config.get("loop", {})
        config["loop"] = {"accelerator": device, **loop} if isinstance(loop, dict) else loop
        train_bundle(read_cohort(cohort), out, config, progress)
    else:
        left_out = _train_system(system, cohort, out, {**_own_settings(system, out, device), **config}, progress)
    print(f"model bundle in {out}; its figures are in {out / 'README.md'}")
    return say_left_out(left_out, _work(out), accepted=bool(config.get("accept_left_out")))


def _train_system(
    name: str, cohort: Path, out: Path, config: dict[str, Any], progress: Progress | None
) -> Sequence[LeftOut]:
    """Train one of the registered systems; who could not be used, where it reports them."""
    from GliomaRadiomicsLib.systems.registry import read_cases, system_class

    kind = system_class(name)
    checked = getattr(kind, "settings_type", None)
    if checked is not None:
        checked.from_config(config)
    system = kind.fit(read_cases(name, cohort, config), config, progress)
    system.save(out)
    held_out = getattr(system, "held_out", [])
    if held_out:
        write_table(_work(out) / "held_out.csv", held_out)
    return getattr(system, "left_out", ())


def _own_settings(name: str, out: Path, device: str) -> dict[str, Any]:
    """Settings that follow from the arguments, where the system has them."""
    from GliomaRadiomicsLib.systems.registry import SYSTEMS, system_class

    system_class(name)
    return {"work": str(_work(out)), "device": device, "name": out.name} if SYSTEMS[name].resumes else {}


def _work(out: Path) -> Path:
    """Folder of checkpoints and of what is said about single patients, which a bundle must not hold."""
    return out.with_name(f"{out.name}.work")


def _check_device(device: str) -> None:
    AnalyzeSettings(device=device).check()  # type: ignore[arg-type]


def read_yaml(path: Path) -> dict[str, Any]:
    """A configuration file as a mapping; an empty one gives no settings.

    Raises:
        RefusedInput: If there is none, or it cannot be read; the line is named.
    """
    import yaml

    existing_file(path, "--config")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name} line {mark.line + 1}" if mark else path.name
        found = getattr(error, "problem", None) or "not YAML"
        raise RefusedInput(
            what="cannot be read as YAML", where=where, found=found, remedy="write lines like 'key: value'"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        remedy = "give a text file in UTF-8"
        raise RefusedInput(what="cannot read the configuration", where=path, remedy=remedy) from error
    if not isinstance(content, dict):
        raise RefusedInput(
            what="the configuration is not a mapping", where=path, remedy="write lines like 'key: value'"
        )
    return content
