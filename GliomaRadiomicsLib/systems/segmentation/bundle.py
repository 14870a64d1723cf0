"""The segmentation network as a model bundle, with its measured figures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.models.bundle import save_bundle
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.seen import IMAGES
from GliomaRadiomicsLib.systems.segmentation.evaluate import (
    REGIONS,
    check_labelled,
    evaluate,
    fingerprint_of,
    summarise,
)
from GliomaRadiomicsLib.systems.segmentation.labels import Thresholds
from GliomaRadiomicsLib.systems.segmentation.predict import BY_SEQUENCES, Segmenter
from GliomaRadiomicsLib.systems.segmentation.prepare import LIMITS, MARGIN
from GliomaRadiomicsLib.systems.segmentation.start import refuse_seen, start_of
from GliomaRadiomicsLib.systems.segmentation.train import SegmentationSettings, fit

if TYPE_CHECKING:
    import torch

ALL = "+".join(SEQUENCES)
_SEEN = ("fingerprints", IMAGES, "sites")


def save_segmentation(
    folder: Path,
    networks: Sequence[torch.nn.Module],
    done: dict[str, Any],
    rows: list[dict[str, Any]],
    validation: str,
    *,
    cohort: str,
    attribution: list[str],
    licence: str,
    thresholds: Thresholds | None = None,
    notes: list[str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a bundle.

    Args:
        folder: Where.
        networks: The trained networks; the mean of their probabilities is what the bundle answers.
        done: What `fit` reports.
        rows: Rows of `evaluate` on patients the measured networks were not trained on; may be empty.
        validation: How those patients relate to the training patients.
        cohort: What the training cohort is.
        attribution: Whose data the weights were learned from.
        licence: Licence of the weights.
        thresholds: From probabilities to labels.
        notes: Anything a reader of the figures must know.
        overwrite: Replace an older bundle.
    """
    metadata = {
        **_description(folder.name, done, len(networks)),
        "licence": licence,
        "attribution": attribution,
        "thresholds": asdict(thresholds or Thresholds()),
        "training": _training(done, cohort),
        "evidence": _evidence(rows, cohort, validation, notes or []),
    }
    weights = {
        f"{member}.{name}": value.detach().cpu().half().contiguous()
        for member, network in enumerate(networks)
        for name, value in network.state_dict().items()
    }
    return save_bundle(folder, metadata, tensors=weights, overwrite=overwrite)


def _description(name: str, done: dict[str, Any], members: int) -> dict[str, Any]:
    return {
        "name": name,
        "system": "segmentation",
        "version": "1.0.0",
        "intended_use": "Research: outlining glioma before surgery on skull-stripped MRI, to be checked by a reader.",
        "not_for": [
            "diagnosis or treatment planning",
            "images after surgery, with resection cavity",
            "images with skull, children, metastases, other tumours: not measured",
        ],
        "input": {
            "sequences": [SEQUENCE_NAMES[role] for role in SEQUENCES],
            "subsets": "any, at least one",
            "orientation": "closest to RAS",
            "spacing_mm": 1.0,
            "intensities": f"z-scored inside the brain, clipped to {LIMITS[0]:g} to {LIMITS[1]:g}",
            "crop": f"brain box and {MARGIN} voxels",
        },
        "network": {
            "architecture": "SegmentationNet",
            "channels": list(done["settings"]["channels"]),
            "members": members,
            "regions": list(REGIONS),
        },
    }


def _training(done: dict[str, Any], cohort: str) -> dict[str, Any]:
    settings = done["settings"]
    return {
        "cohort": cohort,
        "n": len(done["fingerprints"]),
        "fingerprints": done["fingerprints"],
        IMAGES: done.get(IMAGES, []),
        "sites": done["sites"],
        "phantom_patients": done["phantoms"],
        "steps": done["steps"],
        **({"whole_brain_steps": done["whole_brain_steps"]} if "whole_brain_steps" in done else {}),
        "minutes": done["minutes"],
        "patch": list(settings["patch"]),
        "learning_rate": done["learning_rate"],
        "precision": done["precision"],
        "seed": settings["seed"],
        **({"started_from": done["start"]} if "start" in done else {}),
    }


def _evidence(rows: list[dict[str, Any]], cohort: str, validation: str, notes: list[str]) -> dict[str, Any]:
    summary = summarise(rows) if rows else {}
    return {
        "cohort": cohort,
        "validation": validation,
        "figures": [figure.to_dict() for figure in _figures(rows, summary, cohort, validation)],
        "tables": _tables(rows, summary),
        "dice_by_sequences": {name: {r: entry[r] for r in REGIONS if r in entry} for name, entry in summary.items()},
        "notes": notes,
    }


def _figures(
    rows: list[dict[str, Any]], summary: dict[str, dict[str, Any]], cohort: str, validation: str
) -> list[Figure]:
    figures = []
    for region in REGIONS if ALL in summary else ():
        mean, low, high = summary[ALL][region]
        n = summary[ALL]["n"]
        figures.append(Figure(f"dice_{region}", f"mean Dice {region}", mean, n, cohort, validation, (low, high)))
    if "ET_present" in summary.get(ALL, {}):
        mean, low, high = summary[ALL]["ET_present"]
        metric = "mean Dice ET where there is enhancing tumour"
        figures.append(Figure("dice_ET_present", metric, mean, summary[ALL]["n_et"], cohort, validation, (low, high)))
    absent = [row for row in rows if row["sequences"] == ALL and row["true_et_ml"] == 0]
    if absent:
        most = max(row["et_ml"] for row in absent)
        metric = "most enhancing tumour found where there is none (ml)"
        figures.append(Figure("false_et_ml", metric, most, len(absent), cohort, validation))
    return figures


def _tables(rows: list[dict[str, Any]], summary: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []

    def cells(entry: dict[str, Any]) -> list[str]:
        return ["{:.3f} ({:.3f} to {:.3f})".format(*entry[r]) if r in entry else "not labelled" for r in REGIONS]

    by_subset = [[name, entry["n"], *cells(entry)] for name, entry in summary.items()]
    sites = sorted({row["site"] for row in rows})
    by_site = []
    for site in sites:
        entry = summarise([row for row in rows if row["site"] == site and row["sequences"] == ALL]).get(ALL)
        if entry:
            by_site.append([site, entry["n"], *cells(entry)])
    columns = ["n", *(f"Dice {r} (95 % interval)" for r in REGIONS)]
    return [
        {"title": BY_SEQUENCES, "columns": ["Sequences", *columns], "rows": by_subset},
        {"title": "By site left out, all four sequences", "columns": ["Site", *columns], "rows": by_site},
    ]


def train_bundle(
    patients: list[Patient], out: Path, config: dict[str, Any] | None = None, progress: Progress | None = None
) -> Path:
    """Train on a cohort, measure with one site left out at a time, and write the bundle.

    Checkpoints and the networks of the folds lie in ``<out>.work``: the same call resumes there.

    Args:
        patients: The cohort; needs ``seg`` and, for the validation, ``site``.
        out: Bundle folder.
        config: Fields of `SegmentationSettings` (``augmentation`` and ``loop`` nested), and optionally ``validation``
            (``site`` or ``none``), ``final`` (``all``: trained on everyone; ``folds``: the mean of the networks of the
            validation), ``members`` (how many networks are trained on everyone, from one seed after the other; their
            mean is the bundle), ``cohort``, ``attribution``, ``licence``.
        progress: Told what happens.
    """
    from GliomaRadiomicsLib.systems.segmentation.config import read_config

    progress = progress or Progress()
    settings, about = read_config(config or {})
    for patient in patients:
        check_labelled(patient)
    start = start_of(settings.start, settings.channels)
    if start and about["validation"] == "site":
        refuse_seen(start, [fingerprint_of(patient) for patient in patients])
    work = out.with_name(f"{out.name}.work")
    texts = {key: about[key] for key in ("cohort", "attribution", "licence")}
    texts["attribution"] = list(dict.fromkeys([*texts["attribution"], *start.get("attribution", [])]))
    folds = _folds(patients, settings, work, progress) if about["validation"] == "site" else []
    rows = _left_out_rows(patients, folds, work, texts, progress)
    networks, done = [fold.network for fold in folds], _together([fold.done for fold in folds])
    if about["final"] == "all" or not folds:
        with progress.step("final", 0.7, 0.95, "training on all patients"):
            networks, done = _final(patients, settings, about["members"], work, progress)
    validation = "each site left out in turn, networks trained on the others" if rows else "not measured"
    return save_segmentation(out, networks, done, rows, validation, **texts, notes=_notes(folds, about["final"]))


def _final(
    patients: list[Patient], settings: SegmentationSettings, members: int, work: Path, progress: Progress
) -> tuple[list[torch.nn.Module], dict[str, Any]]:
    networks: list[torch.nn.Module] = []
    dones: list[dict[str, Any]] = []
    for member in range(members):
        seeded = replace(settings, seed=settings.seed + member)
        network, done = fit(patients, seeded, work / f"all{'-' + str(member + 1) if member else ''}.pt", progress)
        networks.append(network)
        dones.append(done)
    return networks, _together(dones)


@dataclass(frozen=True)
class _Fold:
    """A network that never saw one site."""

    site: str
    network: torch.nn.Module
    done: dict[str, Any]


def _folds(patients: list[Patient], settings: SegmentationSettings, work: Path, progress: Progress) -> list[_Fold]:
    sites = sorted({p.values.get("site", "") for p in patients})
    folds = []
    for number, site in enumerate(sites if len(sites) > 1 else ()):
        start, end = 0.7 * number / len(sites), 0.7 * (number + 0.9) / len(sites)
        with progress.step(f"without-{site}", start, end, f"training without site {site}"):
            kept = replace(settings, exclude_sites=(site,))
            folds.append(_Fold(site, *fit(patients, kept, work / f"without-{_file_name(site)}.pt", progress)))
    return folds


def _left_out_rows(
    patients: list[Patient], folds: list[_Fold], work: Path, texts: dict[str, Any], progress: Progress
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for fold in folds:
        bundle = work / f"without-{_file_name(fold.site)}"
        save_segmentation(bundle, [fold.network], fold.done, [], "not measured", overwrite=True, **texts)
        left_out = [p for p in patients if p.values.get("site", "") == fold.site]
        rows += evaluate(Segmenter(bundle), left_out, progress=progress)
    return rows


def _together(dones: list[dict[str, Any]]) -> dict[str, Any]:
    """What was done for all networks of a bundle; what each saw is put together."""
    if len(dones) < 2:
        return dones[0] if dones else {}
    seen = {key: sorted({entry for done in dones for entry in done.get(key, [])}) for key in _SEEN}
    steps: dict[str, Any] = {
        key: [done[key] for done in dones] for key in ("steps", "whole_brain_steps") if key in dones[0]
    }
    return {**dones[0], **seen, **steps, "minutes": round(sum(done["minutes"] for done in dones), 1)}


def _notes(folds: list[_Fold], final: str) -> list[str]:
    if not folds or final == "all":
        return []
    return [
        f"The bundle is the mean of {len(folds)} networks, each trained without one site. The figures are of each of "
        "these networks alone, on the patients of the site it never saw; the mean of them cannot be measured on these "
        "patients, since every patient was seen by the other networks."
    ]


def _file_name(site: str) -> str:
    """A name for the files of a site that is safe everywhere and the same in every run."""
    return hashlib.sha256(site.encode()).hexdigest()[:12]
