"""What a run can take over from an earlier result of the same images: all that does not depend on the mask."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import CaseResult, Finding, SegmentationResult
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.space import Space

_WHERE = "--reuse"
_ANEW = "run the whole case again, without --reuse"
_CORRECTED = ", corrected by hand"
_BRAIN = "preprocessed/brain_mask.nii.gz"


@dataclass(frozen=True)
class Earlier:
    """An earlier result, as far as a later run with another mask needs it.

    Attributes:
        created: When that run began, ISO 8601; names it without its folder.
        hashes: SHA-256 of its inputs by role as given, without the mask.
        preparation: The record of its preparation by role as used; empty where its images needed none.
        space: Its chain between the images as given and the working grid.
        brain_mask: uint8 on that working grid.
        exchanged: Two roles that it found to be the wrong way round.
        weights: SHA-256 of its models' files, by system.
        settings: As in its provenance.
        segmentation: Its outline in figures, with whose it is; None where it has none.
        label_map: Its outline, 0/1/2/4 on the grid of the reference as given; None where it has none.
    """

    created: str
    hashes: dict[str, str]
    preparation: dict[str, Any]
    space: Space
    brain_mask: Volume
    exchanged: tuple[str, str] | None
    weights: dict[str, dict[str, str]]
    settings: dict[str, Any]
    segmentation: SegmentationResult | None = None
    label_map: Volume | None = None

    def outlined(self, mask: Volume, given: SegmentationResult) -> SegmentationResult:
        """What the new run's mask is to this result: its own automatic outline, that corrected by hand, or another.

        Args:
            mask: Label map on the grid of the reference as given.
            given: What to say of it where this result's own outline was given too, or it has none.
        """
        own = self.segmentation
        if own is None or self.label_map is None or own.source == "given":
            return given
        if own.source == "automatic" and _same(mask, self.label_map):
            return own
        model = own.model.removesuffix(_CORRECTED) + _CORRECTED
        return replace(given, model=model, source="corrected")

    def check_inputs(self, hashes: Mapping[str, str]) -> None:
        """Raise `RefusedInput` unless the images (SHA-256 by role; a mask is passed over) are those of that run."""
        for role, name in SEQUENCE_NAMES.items():
            if hashes.get(role) != self.hashes.get(role):
                found = "another image"
                if role not in hashes or role not in self.hashes:
                    found = "not given now" if role in self.hashes else "not given then"
                raise _refused(what=f"{name} is not that of the earlier result", found=found)

    def check_models(self, brain_extraction: str, weights: Mapping[str, dict[str, str]]) -> None:
        """Raise `RefusedInput` unless the brain would be found in the same way.

        Args:
            brain_extraction: Of the settings.
            weights: SHA-256 of the models' files of the new run, by system.
        """
        then = self.settings.get("brain_extraction", brain_extraction)
        if brain_extraction != then:
            raise _refused(what="the brain was found in another way in the earlier result", found=then)
        if "brain_extraction" in weights and weights["brain_extraction"] != self.weights.get("brain_extraction"):
            raise _refused(what="the brain was found by another model in the earlier result")

    def prepared_as(
        self, exchanged: tuple[str, str] | None, reference: str, roles: Collection[str]
    ) -> tuple[Space, dict[str, Any]]:
        """Chain and record by the roles that the images had before they were aligned.

        Args:
            exchanged: Two roles that are known to be the wrong way round by then.
            reference: Role of the reference by then.
            roles: Of all images by then.

        Raises:
            RefusedInput: If the earlier result does not know of all this.
        """
        space, record = self.space, self.preparation
        if not record:
            raise _refused(what="the earlier result is damaged", found="no record of its preparation")
        if self.exchanged is not None and self.exchanged != exchanged:
            first, second = self.exchanged
            names = {first: second, second: first}
            space, record = space.renamed(names, reference), renamed_record(record, names, reference)
        if not set(space.native) <= set(roles) or space.reference != reference:
            raise _refused(what="the earlier result is damaged", found="its preparation is of other images")
        return space, record

    def finding(self) -> Finding:
        """What the passport says about it."""
        message = f"brain, alignment and working grid are those of the result of {self.created} of the same images"
        return Finding("preparation-reused", "ok", message)


def read_earlier(folder: str | Path, *, has_mask: bool) -> Earlier:
    """Read what can be taken over from the output folder of an earlier run.

    Args:
        folder: The output folder.
        has_mask: Whether the new run has a mask; without one there is nothing to compute anew.

    Raises:
        RefusedInput: Without a mask, or if the folder holds no result, a damaged one, or one of another version.
    """
    if not has_mask:
        raise RefusedInput(
            what="an earlier result is taken over only for another mask", where=_WHERE, remedy="give --mask too"
        )
    result, provenance = (_read(Path(folder) / name) for name in ("result.json", "provenance.json"))
    version = result.get("versions", {}).get("glioma-radiomics")
    if version != VERSION:
        raise _refused(what=f"the earlier result is of another version than {VERSION}", found=version)
    try:
        space = Space.from_dict(provenance["space"])
        brain = read_volume(Path(folder) / _BRAIN)
        exchanged = result["inputs"].get("exchanged")
        earlier = Earlier(
            str(result["created"]),
            {role: sha256 for role, sha256 in provenance["inputs_sha256"].items() if role != "mask"},
            result["preparation"],
            space,
            Volume(brain.array, space.working.affine, "brain mask"),
            (exchanged[0], exchanged[1]) if exchanged else None,
            provenance["weights_sha256"],
            provenance["settings"],
            *_outline(result, Path(folder)),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _refused(what="the earlier result is damaged", found=error) from error
    if earlier.brain_mask.shape != space.working.shape:
        raise _refused(
            what="the earlier result is damaged", found=f"its brain mask has {earlier.brain_mask.shape} voxels"
        )
    return earlier


def _outline(result: dict[str, Any], folder: Path) -> tuple[SegmentationResult | None, Volume | None]:
    known = CaseResult.from_dict(result)
    name = known.files.get("segmentation")
    if known.segmentation is None or name is None:
        return None, None
    return replace(known.segmentation, source=known.outline_source), read_volume(folder / name)


def _same(first: Volume, second: Volume) -> bool:
    return first.same_grid(second) and bool(np.array_equal(first.array, second.array))


def renamed_record(record: dict[str, Any], names: Mapping[str, str], results_on: str) -> dict[str, Any]:
    """The record of a preparation with other roles: old to new."""
    return {
        **record,
        "reference": names.get(record["reference"], record["reference"]),
        "results_on": results_on,
        "sequences": {names.get(role, role): one for role, one in record["sequences"].items()},
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RefusedInput(
            what="no result lies there", where=_WHERE, found=path.parent, remedy="give the --out of an earlier run"
        ) from error
    except (OSError, ValueError) as error:
        raise _refused(what="the earlier result cannot be read", found=path.name) from error
    if not isinstance(data, dict):
        raise _refused(what="the earlier result is damaged", found=path.name)
    return data


def _refused(*, what: str, found: object = None) -> RefusedInput:
    return RefusedInput(what=what, where=_WHERE, found=found, remedy=_ANEW)
