"""The preparation as a step of a case run: done where the images need it, and checked afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.passport import Passport, inspect
from GliomaRadiomicsLib.imaging.space import Space
from GliomaRadiomicsLib.pipeline.predictions import bundle_of
from GliomaRadiomicsLib.pipeline.preparation.brains import HD_BET, NETWORK
from GliomaRadiomicsLib.pipeline.preparation.findings import findings_of
from GliomaRadiomicsLib.pipeline.preparation.prepare import Prepared, is_needed, prepare_again, prepare_case
from GliomaRadiomicsLib.pipeline.reuse import Earlier, renamed_record
from GliomaRadiomicsLib.pipeline.run import CaseRun

_SYSTEM = "brain_extraction"
_SPAN = (0.15, 0.35)
"""The part of a run's progress that the preparation is."""
_ANSWERED_ANEW = (
    "grid-resampled",
    "one-grid",
    "not-skull-stripped",
    "skull-stripped",
    "poor-overlap",
    "same-brain-not-checked",
    "brains-differ",
    "sequence-order-not-checked",
    "sequence-order",
    "sequences-swapped",
    "images-distinct",
)
"""Findings about the images as given that the preparation settles."""
_AFTERWARDS = ("sequence-order-not-checked", "sequence-order", "sequences-swapped", "images-distinct")
"""Findings that can only be told of aligned, stripped images."""


def prepare(run: CaseRun, given: dict[str, Volume]) -> None:
    """Bring the images of a run onto the working grid, or note that they lie there already.

    Args:
        run: Its passport holds the images through their headers; afterwards, those that everything else works on.
        given: The images as read, by role.

    Raises:
        RefusedInput: If an image shows no brain, or the images prove to be one and the same.
    """
    passport = run.passport
    run.given = _renamed(given, passport.exchanged)
    if passport.mask is not None:
        run.native_label_map = run.label_map = passport.mask
    if not is_needed(run.given, passport.reference, skull_stripped=passport.skull_stripped):
        run.space = Space.unchanged(passport.reference, passport.volumes)
        return
    volumes = {role: run.given[role] for role in passport.volumes}
    prepared = _from_scratch(run, volumes) if run.earlier is None else _from_earlier(run, run.earlier, volumes)
    run.prepared = prepared
    run.result.preparation = prepared.record
    checked = inspect(dict(prepared.volumes))
    _take(run, prepared, checked)


def _from_scratch(run: CaseRun, volumes: dict[str, Volume]) -> Prepared:
    prepared = prepare_case(
        volumes,
        run.passport.reference,
        lambda: bundle_of(run, _SYSTEM),
        run.settings.device,
        run.progress,
        _SPAN,
        run.settings.brain_extraction,
    )
    _note_hd_bet(run, prepared.record)
    return prepared


def _from_earlier(run: CaseRun, earlier: Earlier, volumes: dict[str, Volume]) -> Prepared:
    passport = run.passport
    space, record = earlier.prepared_as(passport.exchanged, passport.reference, volumes)
    if any(one["brain"]["source"] == NETWORK for one in record["sequences"].values()):
        bundle_of(run, _SYSTEM)
    _note_hd_bet(run, record)
    earlier.check_models(run.settings.brain_extraction, run.weights)
    run.result.passport.append(earlier.finding())
    return prepare_again(volumes, space, earlier.brain_mask, record, run.progress, _SPAN)


def _note_hd_bet(run: CaseRun, record: dict[str, Any]) -> None:
    """The weights of HD-BET among those of the run, where it found a brain."""
    if any(one["brain"]["source"] == HD_BET for one in record["sequences"].values()):
        from GliomaRadiomicsLib.systems.brain_extraction.hd_bet import weights_sha256

        run.weights["hd-bet"] = weights_sha256()


def _take(run: CaseRun, prepared: Prepared, checked: Passport) -> None:
    before = run.passport
    run.space = prepared.space
    if before.mask is not None:
        run.label_map = prepared.space.to_working(before.mask, before.reference, label=True)
    if checked.exchanged is not None:
        _exchange(run, prepared, checked)
    kept = [finding for finding in before.findings if finding.code not in _ANSWERED_ANEW]
    after = [finding for finding in checked.findings if finding.code in _AFTERWARDS]
    outlined = before.mask is not None or "segmentation" in run.settings.steps
    others = [finding for finding in run.result.passport if finding not in before.findings]
    run.result.passport[:] = [*others, *kept, *findings_of(run.result.preparation, outlined=outlined), *after]
    run.passport = replace(
        before,
        findings=run.result.passport,
        volumes=checked.volumes,
        reference=checked.reference,
        brain_mask=prepared.brain_mask,
        skull_stripped=True,
        exchanged=checked.exchanged or before.exchanged,
    )


def _exchange(run: CaseRun, prepared: Prepared, checked: Passport) -> None:
    """Roles that proved to be the wrong way round once the images were aligned: everything by role is renamed."""
    assert checked.exchanged is not None
    first, second = checked.exchanged
    names = {first: second, second: first}
    run.given = _renamed(run.given, checked.exchanged)
    run.space = run.space.renamed(names, checked.reference)
    run.prepared = replace(
        prepared,
        before=_renamed(prepared.before, checked.exchanged),
        aligned=_renamed(prepared.aligned, checked.exchanged),
    )
    run.result.preparation = renamed_record(prepared.record, names, checked.reference)
    run.result.inputs["exchanged"] = [first, second]
    run.result.inputs["reference"] = checked.reference
    images = run.result.inputs["sequences"]
    images[first], images[second] = images[second], images[first]
    if run.label_map is not None:
        run.native_label_map = run.space.to_native(run.label_map, label=True)


def _renamed(volumes: dict[str, Volume], exchanged: tuple[str, str] | None) -> dict[str, Volume]:
    if exchanged is None:
        return dict(volumes)
    first, second = exchanged
    right = {**volumes, first: volumes[second], second: volumes[first]}
    return {role: replace(volume, name=role) for role, volume in right.items()}
