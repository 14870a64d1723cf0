"""Training that starts from the networks of a bundle instead of from chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.models.bundle import load_tensors, verify
from GliomaRadiomicsLib.systems.seen import IMAGES
from GliomaRadiomicsLib.systems.segmentation.members import networks_of
from GliomaRadiomicsLib.systems.segmentation.monai_network import is_monai_network

if TYPE_CHECKING:
    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet


def start_of(name: str, channels: Iterable[int]) -> dict[str, Any]:
    """Metadata of the bundle to start from, checked; empty where ``name`` is.

    Raises:
        RefusedInput: If there is none, it was imported, or its network has other channels.
    """
    if not name:
        return {}
    folder = store.find(name)
    metadata = verify(folder, system="segmentation")
    if is_monai_network(metadata):
        remedy = "give a bundle that `train segmentation` wrote"
        raise RefusedInput(what="an imported network cannot be trained on", where="start", found=name, remedy=remedy)
    there, wanted = list(metadata["network"]["channels"]), list(channels)
    if there != wanted:
        raise RefusedInput(
            what="the bundle to start from has other channels",
            where="start",
            found=f"{there} instead of {wanted}",
            remedy=f"set channels: {there}",
        )
    return {**metadata, "folder": folder}


def network_of(start: Mapping[str, Any], number: int) -> SegmentationNet:
    """One of its networks, in float32; they are taken in turn."""
    networks = networks_of(start, load_tensors(start["folder"]))
    return networks[number % len(networks)]


def refuse_seen(start: Mapping[str, Any], fingerprints: Iterable[str]) -> None:
    """Raise `RefusedInput` if patients who are to be held out were seen by the bundle to start from."""
    given = set(fingerprints)
    seen = given & set(start["training"].get("fingerprints", []))
    if seen:
        raise RefusedInput(
            what="the bundle to start from saw patients of this cohort, so the sites held out would measure memory",
            where="start",
            found=f"{len(seen)} of {len(given)} patients",
            remedy="set validation: none and measure on others with `evaluate`, or start from another bundle",
        )


def joined(done: dict[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """What `fit` reports, with what the bundle it started from had seen."""
    if not start:
        return done
    training = start["training"]
    both = {key: sorted({*done[key], *training.get(key, [])}) for key in ("fingerprints", IMAGES, "sites")}
    return {**done, **both, "start": f"{start['name']} {start['version']}, trained on {training['cohort']}"}
