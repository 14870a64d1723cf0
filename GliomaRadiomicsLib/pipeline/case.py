"""One case from images to result: passport, segmentation, features, grading, report, scene."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, region_volumes_ml
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import timestamp, versions
from GliomaRadiomicsLib.core.results import CaseResult, Finding, SegmentationResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.bias import field_between
from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume
from GliomaRadiomicsLib.imaging.itk_files import write_transform
from GliomaRadiomicsLib.imaging.normalisation import registry as normalisation
from GliomaRadiomicsLib.imaging.passport import Passport, inspect
from GliomaRadiomicsLib.imaging.space import Space
from GliomaRadiomicsLib.pipeline.checks import check_run
from GliomaRadiomicsLib.pipeline.guard import guard_case, guard_images, guard_outline
from GliomaRadiomicsLib.pipeline.inputs import CaseInputs, Source, read_inputs
from GliomaRadiomicsLib.pipeline.output import OutputFolder
from GliomaRadiomicsLib.pipeline.predictions import bundle_of, fill_in_reasons, predict_case
from GliomaRadiomicsLib.pipeline.preparation.step import prepare
from GliomaRadiomicsLib.pipeline.reuse import read_earlier
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.pipeline.training_patients import warn_of_training_patient
from GliomaRadiomicsLib.pipeline.writing import (
    provenance_of,
    write_case_report,
    write_case_scene,
    write_json,
    write_tables,
)

LEAST_DICE = 0.6
"""Mean Dice of the whole tumour below which an outline is not to be used."""

LEAST_EXPECTED_DICE = 0.7
"""Dice the network expects of its whole tumour below which the outline is doubtful.

Of the starter's 18 patients, each outlined by a network that never saw its site, the two whose expected Dice lies below
(.35 and .64) have the two worst outlines: true Dice .41 and .54; the true Dice of all others is .66 or more. It was
chosen on them, and on networks alone, where the starter is a mean of three.
"""


def analyze_case(
    *,
    out: str | Path,
    t1: Source | None = None,
    t1ce: Source | None = None,
    t2: Source | None = None,
    flair: Source | None = None,
    mask: Source | None = None,
    settings: AnalyzeSettings | None = None,
    progress: Progress | None = None,
    **clinical: Any,
) -> CaseResult:
    """Analyse one case and write the output folder.

    Args:
        out: Output folder; appears only when everything is complete.
        t1: Path of an image file, or a `Volume`; so are t1ce, t2 and flair. At least one is needed.
        t1ce: See t1.
        t2: See t1.
        flair: See t1.
        mask: Label map (0/1/2/4) to use instead of the automatic segmentation.
        settings: Steps, models, device and clinical data.
        progress: Told what happens; may cancel.
        **clinical: Shorthand for the fields of `ClinicalData` (age, sex, kps, resection); others stay as in settings.

    Returns:
        The result; the same as ``result.json`` in ``out``.

    Raises:
        RefusedInput: If the input cannot be used or ``out`` cannot be written; nothing is left behind.
        Cancelled: If the user cancelled; nothing is left behind.
    """
    settings = settings or AnalyzeSettings()
    settings = replace(settings, clinical=replace(settings.clinical, **clinical))
    sources = {"t1": t1, "t1ce": t1ce, "t2": t2, "flair": flair}
    check_run(settings, sources, mask)
    progress = progress or Progress()
    created = timestamp()
    earlier = read_earlier(settings.reuse, has_mask=mask is not None) if settings.reuse is not None else None
    output = OutputFolder(out)
    with output as folder:
        if output.replaces:
            progress.report(0.0, f"replaces the earlier result in {out}")
        with progress.step("read", 0.0, 0.1, "reading the images"):
            inputs = read_inputs(sources, mask)
            if earlier is not None:
                earlier.check_inputs(inputs.hashes)
        with progress.step("passport", 0.1, 0.15, "checking the images"):
            passport = inspect(inputs.volumes, mask=inputs.mask, unoriented=inputs.unoriented)
        described = _describe(inputs, passport, settings)
        findings = [*inputs.findings, *passport.findings, *guard_images(inputs.volumes)]
        result = CaseResult(described, findings, versions=versions(), created=created)
        space = Space.unchanged(passport.reference, passport.volumes)
        run = CaseRun(settings, progress, folder, passport, result, space, earlier)
        prepare(run, inputs.volumes)
        guard_case(run)
        _run_steps(run)
        _write(run, inputs)
        progress.report(1.0, "done")
    return result


def _run_steps(run: CaseRun) -> None:
    steps = run.settings.steps
    with run.progress.step("normalise", 0.35, 0.4, "normalising"):
        _normalise(run)
    if run.native_label_map is not None:
        with run.progress.step("mask", 0.4, 0.5, "taking the given mask"):
            _take_mask(run, run.native_label_map)
    elif "segmentation" in steps:
        with run.progress.step("segmentation", 0.4, 0.5, "segmenting the tumour"):
            _segment(run)
    guard_outline(run)
    if "features" in steps and run.label_map is not None:
        with run.progress.step("features", 0.5, 0.65, "measuring features"):
            _measure(run)
    if "grading" in steps and run.label_map is not None:
        with run.progress.step("grading", 0.65, 0.75, "grading"):
            predict_case(run)
    warn_of_training_patient(run)
    fill_in_reasons(run.result, asked="grading" in steps)


def _write(run: CaseRun, inputs: CaseInputs) -> None:
    write_tables(run)
    provenance = provenance_of(run, inputs)
    if "scene" in run.settings.steps:
        with run.progress.step("scene", 0.75, 0.89, "writing the scene"):
            write_case_scene(run, provenance)
    if "report" in run.settings.steps:
        with run.progress.step("report", 0.89, 0.99, "writing the report"):
            write_case_report(run, provenance)
    write_json(run, provenance)


def _normalise(run: CaseRun) -> None:
    brain = run.passport.brain_mask
    target = run.folder / "preprocessed"
    target.mkdir()
    for role, volume in run.passport.volumes.items():
        fitted = normalisation.fit(run.settings.normalisation, volume.array, brain.array, role)
        run.normalised[role] = volume.with_array(fitted.apply(volume.array, brain.array))
        run.normalisations[role] = fitted.parameters()
        write_volume(run.normalised[role], target / f"{role}.nii.gz")
        if not run.space.is_exact(role):
            write_transform(run.space.movements[role], target / f"{role}.tfm")
    _keep_shading(run)
    write_label_map(brain, target / "brain_mask.nii.gz")
    run.result.files["volumes"] = {role: f"preprocessed/{role}.nii.gz" for role in run.normalised}


def _keep_shading(run: CaseRun) -> None:
    """The fields that the images were divided by, on the grid of the prepared images."""
    if run.prepared is None:
        return
    fields = {}
    for role, one in run.result.preparation["sequences"].items():
        if one.get("shading", {}).get("corrected"):
            fields[role] = f"preprocessed/{role}_bias.nii.gz"
            field = field_between(run.prepared.aligned[role], run.passport.volumes[role])
            write_volume(field, run.folder / fields[role])
    if fields:
        run.result.files["shading"] = fields


def _take_mask(run: CaseRun, mask: Volume) -> None:
    volumes = region_volumes_ml(mask.array, mask.voxel_volume_mm3)
    given = SegmentationResult("given mask", _rounded(volumes), source="given")
    found = run.result.segmentation = given if run.earlier is None else run.earlier.outlined(mask, given)
    _write_label_map(run, mask)
    if found.source == "automatic":
        _warn_of_outline(run, found)


def _write_label_map(run: CaseRun, label_map: Volume) -> None:
    run.native_label_map = label_map
    write_label_map(label_map, run.folder / "segmentation.nii.gz")
    run.result.files["segmentation"] = "segmentation.nii.gz"


def _segment(run: CaseRun) -> None:
    from GliomaRadiomicsLib.systems.segmentation.native import native_label_map
    from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter

    segmenter = Segmenter(bundle_of(run, "segmentation"), run.settings.device)
    found = segmenter.predict(run.passport.volumes, run.passport.brain_mask, run.progress)
    run.heatmaps["segmentation-uncertainty"] = found.uncertainty
    run.label_map = found.label_map
    native = native_label_map(found, segmenter.thresholds, run.space)
    _write_label_map(run, native)
    volumes = region_volumes_ml(native.array, native.voxel_volume_mm3)
    outlined = run.result.segmentation = SegmentationResult(
        model=f"{segmenter.metadata['name']} {segmenter.metadata['version']}",
        volumes_ml=_rounded(volumes),
        uncertainty=found.figures,
        sequences_used=found.sequences,
        evidence=segmenter.evidence_for(found.sequences),
        source="automatic",
    )
    _warn_of_outline(run, outlined)


def _warn_of_outline(run: CaseRun, found: SegmentationResult) -> None:
    """All that a reader must know of an automatic outline before using it."""
    if "t1ce" not in found.sequences_used:
        message = "without T1ce enhancing tumour cannot be seen, so none is labelled; add the T1ce where it exists"
        run.result.passport.append(Finding("enhancement-unknown", "warning", message))
    _warn_of_poor_evidence(run, found)
    _warn_of_doubt(run, found.uncertainty.get("expected_dice_WT"))
    if found.volumes_ml["WT"] == 0.0:
        message = "no tumour was found; check the images, or give a mask with --mask"
        run.result.passport.append(Finding("no-tumour-found", "warning", message))


def _warn_of_poor_evidence(run: CaseRun, found: SegmentationResult) -> None:
    """Say it at once where the outline from these sequences was mostly wrong in the patients it was measured in."""
    dice = found.evidence["dice"]
    if "WT" in dice and dice["WT"][0] < LEAST_DICE:
        absent = [f"the {SEQUENCE_NAMES[role]}" for role in ("flair", "t2") if role not in found.sequences_used]
        add = f"add {' or '.join(absent)}, or " if absent else ""
        message = (
            "from these sequences alone the outline was mostly wrong where it was measured (whole tumour, mean Dice "
            f"{dice['WT'][0]:.2f}): do not use its volumes; {add}give a mask with --mask"
        )
        run.result.passport.append(Finding("outline-unreliable", "warning", message))


def _warn_of_doubt(run: CaseRun, expected_dice: float | None) -> None:
    """Say it where the network itself expects a poor outline."""
    if expected_dice is not None and expected_dice < LEAST_EXPECTED_DICE:
        message = (
            f"the network is unsure of this outline (it expects a Dice of {expected_dice:.2f} for the whole tumour): "
            "look at it in the pictures before anything else, and correct it or give a mask with --mask"
        )
        run.result.passport.append(Finding("outline-doubtful", "warning", message))


def _measure(run: CaseRun) -> None:
    from GliomaRadiomicsLib.radiomics.cases import extract_case

    assert run.label_map is not None
    run.features = extract_case(
        run.passport.volumes,
        run.label_map,
        progress=run.progress,
        brain_mask=run.passport.brain_mask,
        device=run.settings.device,
    )


def _describe(inputs: CaseInputs, passport: Passport, settings: AnalyzeSettings) -> dict[str, Any]:
    """The inputs as given; ``reference`` lends its grid to all results, ``exchanged`` are roles put right.

    ``mask`` says whether one was given, ``mask_image`` which.
    """
    described: dict[str, Any] = {
        "sequences": {role: _image(volume, inputs.hashes[role]) for role, volume in inputs.volumes.items()},
        "reference": passport.reference,
        "mask": inputs.mask is not None,
        "clinical": asdict(settings.clinical),
    }
    if inputs.mask is not None:
        described["mask_image"] = _image(inputs.mask, inputs.hashes["mask"])
    if passport.exchanged:
        described["exchanged"] = list(passport.exchanged)
    return described


def _image(volume: Volume, sha256: str) -> dict[str, Any]:
    spacing = [round(size, 4) for size in volume.spacing]
    return {"shape": list(volume.shape), "spacing_mm": spacing, "sha256": sha256}


def _rounded(volumes: dict[str, float]) -> dict[str, float]:
    return {region: round(value, 3) for region, value in volumes.items()}
