"""`glioma-radiomics train`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.cli.options import console_progress, say_left_out, write_table
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.models.metadata import check_name

if TYPE_CHECKING:
    from GliomaRadiomicsLib.systems.protocol import LeftOut

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
    from GliomaRadiomicsLib.imaging.cohort import read_cohort

    _check_device(options.device)
    check_name(options.out.name)
    if options.out.exists():
        raise RefusedInput(what="this bundle exists already", where=options.out, remedy="choose another --out")
    config = read_yaml(options.config) if options.config else {}
    if options.system in OUTLINING:
        train_bundle = import_module(f"GliomaRadiomicsLib.systems.{options.system}.bundle").train_bundle
        loop = config.get("loop", {})
        config["loop"] = {"accelerator": options.device, **loop} if isinstance(loop, dict) else loop
        train_bundle(read_cohort(options.cohort), options.out, config, console_progress())
        left_out: Sequence[LeftOut] = ()
    else:
        left_out = _train_system(options, config)
    print(f"model bundle in {options.out}; its figures are in {options.out / 'README.md'}")
    return say_left_out(left_out, _work(options.out), accepted=bool(config.get("accept_left_out")))


def _train_system(options: argparse.Namespace, config: dict[str, Any]) -> Sequence[LeftOut]:
    """Train one of the registered systems; who could not be used, where it reports them."""
    from GliomaRadiomicsLib.systems.registry import SYSTEMS, read_cases, system_class

    kind = system_class(options.system)
    entry = SYSTEMS[options.system]
    own = {"work": str(_work(options.out))} if entry.resumes else {}
    if entry.default_target:
        own |= {"device": options.device, "name": options.out.name}
    config = {**own, **config}
    system = kind.fit(read_cases(options.system, options.cohort, config), config, console_progress())
    system.save(options.out)
    held_out = getattr(system, "held_out", [])
    if held_out:
        write_table(_work(options.out) / "held_out.csv", held_out)
    return getattr(system, "left_out", ())


def _work(out: Path) -> Path:
    """Folder of checkpoints and of what is said about single patients, which a bundle must not hold."""
    return out.with_name(f"{out.name}.work")


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
