"""`glioma-radiomics train`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.cli.options import console_progress
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.models.metadata import check_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    from GliomaRadiomicsLib.systems.registry import SYSTEMS

    parser.add_argument("system", metavar="SYSTEM", help=f"segmentation, {', '.join(SYSTEMS)}")
    parser.add_argument("cohort", type=Path, metavar="COHORT.csv", help="one line per patient")
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="folder of the model bundle to write")
    parser.add_argument("--config", type=Path, metavar="C.yaml", help="settings of the system")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")


def run(options: argparse.Namespace) -> None:
    """Train, measure and write the bundle."""
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.systems.registry import system_class

    _check_device(options.device)
    check_name(options.out.name)
    if options.out.exists():
        raise RefusedInput(what="this bundle exists already", where=options.out, remedy="choose another --out")
    config = read_yaml(options.config) if options.config else {}
    if options.system == "segmentation":
        from GliomaRadiomicsLib.systems.segmentation.bundle import train_bundle

        loop = config.get("loop", {})
        config["loop"] = {"accelerator": options.device, **loop} if isinstance(loop, dict) else loop
        train_bundle(read_cohort(options.cohort), options.out, config, console_progress())
    else:
        from GliomaRadiomicsLib.systems.cohort import training_cases

        kind = system_class(options.system)
        kind.fit(training_cases(read_cohort(options.cohort)), config, console_progress()).save(options.out)
    print(f"model bundle in {options.out}; its figures are in {options.out / 'README.md'}")


def _check_device(device: str) -> None:
    AnalyzeSettings(device=device).check()  # type: ignore[arg-type]


def read_yaml(path: Path) -> dict[str, Any]:
    """A configuration file as a mapping."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RefusedInput(
            what="cannot read the configuration", where=path, found=str(error).splitlines()[0]
        ) from error
    if not isinstance(content, dict):
        raise RefusedInput(
            what="the configuration is not a mapping", where=path, remedy="write lines like 'key: value'"
        )
    return content
