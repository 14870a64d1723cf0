"""Segmentation of one case: the brain as it is and mirrored, back on the grid it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES, region_mask
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import from_canonical, resample_like, to_canonical
from GliomaRadiomicsLib.models.bundle import load_tensors, verify
from GliomaRadiomicsLib.systems.segmentation.labels import REGIONS, Thresholds, expected_dice, labels_from_probabilities
from GliomaRadiomicsLib.systems.segmentation.members import networks_of
from GliomaRadiomicsLib.systems.segmentation.monai_network import MonaiNetwork, is_monai_network
from GliomaRadiomicsLib.systems.segmentation.prepare import NetworkInput, prepare, to_working_grid
from GliomaRadiomicsLib.systems.segmentation.required import check_sequences

if TYPE_CHECKING:
    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet

BY_SEQUENCES = "By sequences given"
"""Title of the bundle's table that has the number of patients measured for each set of sequences."""


@dataclass(frozen=True)
class SegmentationOutput:
    """Everything `Segmenter.predict` found, on the grid of the given volumes.

    Attributes:
        label_map: uint8, 0/1/2/4.
        probabilities: float32 by region (WT, TC, ET).
        uncertainty: float32, entropy in bits of tumour against not tumour: 0 sure, 1 undecided.
        figures: Dice that the network itself expects of its mask, by region, as ``expected_dice_<region>``.
        sequences: The sequences that were used.
    """

    label_map: Volume
    probabilities: dict[str, Volume]
    uncertainty: Volume
    figures: dict[str, float]
    sequences: list[str]


class Segmenter:
    """A segmentation bundle, ready to use.

    Args:
        bundle: Folder of the model bundle; its weights are verified before use.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    def __init__(self, bundle: Path, device: str = "auto") -> None:
        import torch

        self.metadata: dict[str, Any] = verify(bundle, system="segmentation")
        self.device = choose_device(device)
        self.dtype = torch.bfloat16 if bf16_pays(self.device) else torch.float32
        # a bundle that does not know the rule was not measured with it
        self.thresholds = Thresholds(**{"least_expected_et": 0.0, **_tuples(self.metadata.get("thresholds", {}))})
        weights = load_tensors(bundle)
        self.imported = MonaiNetwork(self.metadata, weights, self.device) if is_monai_network(self.metadata) else None
        self.networks: list[SegmentationNet] = [] if self.imported else self._own_networks(weights)

    def _own_networks(self, weights: dict[str, np.ndarray]) -> list[SegmentationNet]:
        import torch

        networks = networks_of(self.metadata, weights)
        for network in networks:
            network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        return [network.to(self.device, self.dtype).eval() for network in networks]

    def predict(
        self,
        volumes: dict[str, Volume],
        brain_mask: Volume,
        progress: Progress | None = None,
    ) -> SegmentationOutput:
        """Segment a case; without T1ce nothing is called enhancing, because that cannot be seen.

        Args:
            volumes: Sequences by role, all on one grid of any orientation and spacing.
            brain_mask: Non-zero inside the brain, on the same grid.
            progress: Told between the passes; may cancel there.

        Raises:
            RefusedInput: If an imported network lacks a sequence it needs.
        """
        progress = progress or Progress()
        check_sequences(self.metadata, volumes)
        native = next(iter(volumes.values()))
        mask = to_working_grid(brain_mask, label=True)
        working = {role: to_working_grid(volume) for role, volume in volumes.items()}
        found = self._inside(working, mask.array != 0, progress)
        probabilities = {
            region: _back(Volume(values, mask.affine), native) for region, values in zip(REGIONS, found, strict=True)
        }
        if "t1ce" not in volumes:
            probabilities["ET"] = native.with_array(np.zeros(native.shape, dtype=np.float32))
        progress.report(0.9, "labelling")
        label_map = labels_from_probabilities(probabilities, self.thresholds)
        wt = np.clip(probabilities["WT"].array, 1e-6, 1 - 1e-6)
        entropy = -(wt * np.log2(wt) + (1 - wt) * np.log2(1 - wt))
        entropy[probabilities["WT"].array < 1e-4] = 0.0
        seen = [region for region in REGIONS if region != "ET" or "t1ce" in volumes]
        figures = {
            f"expected_dice_{region}": expected_dice(probabilities[region].array, region_mask(label_map.array, region))
            for region in seen
        }
        used = [role for role in SEQUENCES if role in volumes]
        return SegmentationOutput(
            label_map, probabilities, native.with_array(entropy.astype(np.float32)), figures, used
        )

    def evidence_for(self, sequences: list[str]) -> dict[str, Any]:
        """Cross-validated Dice (mean, ends of the 95 % interval) for exactly these sequences, and ``n`` patients."""
        evidence, given = self.metadata["evidence"], "+".join(sequences)
        tables = [table for table in evidence.get("tables", []) if table["title"] == BY_SEQUENCES]
        patients = {row[0]: int(row[1]) for table in tables for row in table["rows"]}
        counted = {"n": patients[given]} if given in patients else {}
        dice = evidence["dice_by_sequences"].get(given, {})
        return {key: evidence[key] for key in ("cohort", "validation")} | counted | {"dice": dice}

    def _inside(self, working: dict[str, Volume], inside: np.ndarray, progress: Progress) -> np.ndarray:
        """Probabilities on the working grid, float32 ``(3, i, j, k)``; zero outside the brain."""
        if self.imported is not None:
            return self.imported.probabilities(working, inside, REGIONS, progress) * inside
        ready = prepare(working, inside)
        found = np.zeros((len(REGIONS), *inside.shape), dtype=np.float32)
        found[(slice(None), *ready.box)] = self._probabilities(ready, progress) * inside[ready.box]
        return found

    def _probabilities(self, ready: NetworkInput, progress: Progress) -> np.ndarray:
        """Mean over the passes, shape ``(3, i, j, k)``.

        Networks see the brain as it is and mirrored, in turn; a single one sees both.
        """
        networks = self.networks if len(self.networks) > 1 else self.networks * 2
        found = []
        for number, network in enumerate(networks):
            progress.report(0.1 + 0.8 * number / len(networks), f"segmenting, pass {number + 1} of {len(networks)}")
            found.append(self._pass(network, ready, mirrored=number % 2 == 1))
        return np.asarray(np.mean(found, axis=0, dtype=np.float32))

    def _pass(self, network: SegmentationNet, ready: NetworkInput, mirrored: bool) -> np.ndarray:
        """Probabilities of one network, shape ``(3, i, j, k)``."""
        import torch

        present = torch.from_numpy(ready.present.astype(np.float32))[None].to(self.device, self.dtype)
        images = torch.from_numpy(ready.images)[None].to(self.device, self.dtype)
        images = images.flip(2) if mirrored else images
        size = images.shape[2:]
        pad = [(-n) % network.multiple for n in size]
        with torch.inference_mode():
            logits = network(torch.nn.functional.pad(images, [0, pad[2], 0, pad[1], 0, pad[0]]), present)
            found = logits[0, :, : size[0], : size[1], : size[2]].float().sigmoid().cpu().numpy()
        return found[:, ::-1] if mirrored else found


def _back(volume: Volume, native: Volume) -> Volume:
    if volume.same_grid(to_canonical(native)):
        return from_canonical(volume, native)
    return resample_like(volume, native)


def choose_device(device: str) -> str:
    """``cuda`` where asked for or, with ``auto``, where present; else ``cpu``.

    Raises:
        RefusedInput: If ``cuda`` is asked for and absent.
    """
    import torch

    present = torch.cuda.is_available()
    if device == "cuda" and not present:
        raise RefusedInput(what="no CUDA device here", where="--device", found=device, remedy="use auto or cpu")
    return "cuda" if present and device != "cpu" else "cpu"


def bf16_pays(device: str) -> bool:
    """Whether bfloat16 is faster here: on a GPU, or a CPU with instructions for it."""
    import torch

    if device == "cuda":
        return True
    # builds without oneDNN, such as those for Apple's processors, do not have the question
    ask = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None) if torch.backends.mkldnn.is_available() else None
    return bool(ask and ask())


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
