"""The brain extraction network as a model bundle, with its measured figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.models.bundle import save_bundle
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.brain_extraction.evaluate import evaluate, folder_pairs, phantom_pairs
from GliomaRadiomicsLib.systems.brain_extraction.predict import BrainExtractor
from GliomaRadiomicsLib.systems.brain_extraction.prepare import SPACING_MM
from GliomaRadiomicsLib.systems.brain_extraction.train import BrainSettings, fit
from GliomaRadiomicsLib.systems.config import build, typed
from GliomaRadiomicsLib.training.loop import LoopSettings

if TYPE_CHECKING:
    import torch

ABOUT: dict[str, Any] = {
    "cohort": "not stated",
    "attribution": ["the owner of the training cohort"],
    "licence": "as the training cohort",
    "notes": ["Few real heads were measured: look at the mask of every case."],
    "measure_phantoms": 20,
    "measure_folders": [""],
}
"""What a configuration may say besides the settings, with the defaults."""


def train_bundle(
    patients: list[Patient], out: Path, config: dict[str, Any] | None = None, progress: Progress | None = None
) -> Path:
    """Train on skull-stripped patients dressed as whole heads, measure, and write the bundle.

    The checkpoint lies in ``<out>.work``: the same call resumes there.

    Args:
        patients: The cohort; images zero outside the brain.
        out: Bundle folder.
        config: Fields of `BrainSettings` (``loop`` nested) and of `ABOUT`; ``measure_folders`` are case folders of
            images with skull and reference masks (see `evaluate.folder_pairs`).
        progress: Told what happens.

    Raises:
        RefusedInput: For an unknown setting, or a patient that is not skull-stripped.
    """
    progress = progress or Progress()
    settings, about = read_config(config or {})
    with progress.step("train", 0.0, 0.9, "training"):
        network, done = fit(patients, settings, out.with_name(f"{out.name}.work") / "all.pt", progress)
    plain = save_brain_extraction(out.with_name(f"{out.name}.work") / "measured", network, done, [], about)
    with progress.step("measure", 0.9, 1.0, "measuring"):
        extractor = BrainExtractor(plain)
        rows = evaluate(extractor, phantom_pairs(range(about["measure_phantoms"])))
        for folder in filter(None, about["measure_folders"]):
            rows += evaluate(extractor, folder_pairs(Path(folder)))
    return save_brain_extraction(out, network, done, rows, about)


def read_config(config: dict[str, Any]) -> tuple[BrainSettings, dict[str, Any]]:
    """Settings, and the entries of `ABOUT`; raises `RefusedInput` for what is unknown or of the wrong type."""
    rest = {key: value for key, value in config.items() if key not in ABOUT}
    nested = {}
    if "loop" in rest:
        default = BrainSettings().loop
        own = {"steps": default.steps, "learning_rate": default.learning_rate}
        nested["loop"] = build(LoopSettings, {**own, **rest.pop("loop")}, others=ABOUT)
    settings = build(BrainSettings, rest, nested, others=ABOUT)
    return settings, {key: typed(default, config.get(key, default), key) for key, default in ABOUT.items()}


def save_brain_extraction(
    folder: Path, network: torch.nn.Module, done: dict[str, Any], rows: Sequence[dict[str, Any]], about: dict[str, Any]
) -> Path:
    """Write a bundle; ``done`` is what `fit` reports, ``rows`` are those of `evaluate`, ``about`` as `ABOUT`."""
    settings = done["settings"]
    metadata = {
        "name": folder.name,
        "system": "brain_extraction",
        "version": "1.0.0",
        "intended_use": "Research: removing skull and scalp from MRI of adults before gliomas are measured.",
        "not_for": ["CT", "children", "images after surgery", "use of the mask without a look at it"],
        "licence": about["licence"],
        "attribution": list(about["attribution"]),
        "input": {"sequences": "one image of any contrast, with skull", "orientation": "any", "spacing_mm": SPACING_MM},
        "network": {"architecture": "SegmentationNet", "channels": list(settings["channels"])},
        "training": {
            "cohort": about["cohort"],
            "n": done["n"],
            "sites": done["sites"],
            "phantom_patients": done["phantoms"],
            "heads_drawn": settings["scenes"],
            "steps": done["steps"],
            "minutes": done["minutes"],
            "learning_rate": done["learning_rate"],
            "seed": settings["seed"],
        },
        "evidence": _evidence(list(rows), list(about["notes"])),
    }
    weights = {name: value.detach().cpu().half().contiguous() for name, value in network.state_dict().items()}
    return save_bundle(folder, metadata, tensors=weights, overwrite=True)


_VALIDATIONS = {
    True: ("phantom patients with skull, computed", "raw phantoms that were not trained on; not real people"),
    False: (
        "real patients with skull",
        "reference masks of another program (see the cohort); their raw images were not trained on",
    ),
}


def _evidence(rows: list[dict[str, Any]], notes: list[str]) -> dict[str, Any]:
    figures, table = [], []
    for computed, (cohort, validation) in _VALIDATIONS.items():
        chosen = [row for row in rows if row["patient"].startswith("phantom") == computed]
        if not chosen:
            continue
        patients, dice = len({row["patient"] for row in chosen}), [row["dice"] for row in chosen]
        name = "phantoms" if computed else "real"
        figures += [
            Figure(f"dice_{name}", "mean Dice of the brain", sum(dice) / len(dice), patients, cohort, validation),
            Figure(f"least_dice_{name}", "lowest Dice of an image", min(dice), patients, cohort, validation),
        ]
        for role in dict.fromkeys(row["sequence"] for row in chosen):
            values = [row["dice"] for row in chosen if row["sequence"] == role]
            cells = [f"{sum(values) / len(values):.3f}", f"{min(values):.3f}", f"{max(values):.3f}"]
            table.append([cohort, SEQUENCE_NAMES[role], len(values), *cells])
    columns = ["Images", "Sequence", "n", "Mean", "Lowest", "Highest"]
    tables = [{"title": "Dice by sequence", "columns": columns, "rows": table}]
    return {
        "cohort": "; ".join(sorted({figure.cohort for figure in figures})) or "none",
        "validation": "see the figures" if figures else "not measured",
        "figures": [figure.to_dict() for figure in figures],
        "tables": tables if table else [],
        "notes": notes,
    }
