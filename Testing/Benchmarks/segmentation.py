"""Time, memory and bf16 agreement of the segmentation, beside a SegResNet run MONAI's usual way.

Usage: python Testing/Benchmarks/segmentation.py [--case DIR] [--threads 2] [--peer]
Without --case the phantom patient is used. Prints one line per figure; nothing is asserted.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import torch

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.imaging.phantom import make_phantom
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.pipeline.inputs import read_inputs, sources_of_folder
from GliomaRadiomicsLib.systems.segmentation import predict


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", help="case folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--peer", action="store_true", help="also time MONAI's SegResNet, 128 windows, fp32, full volume"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    volumes = read_inputs(sources_of_folder(options.case)).volumes if options.case else make_phantom(seed=1).volumes
    passport = inspect(volumes)
    began = time.perf_counter()
    segmenter = predict.Segmenter(store.starter("segmentation"), "cpu")
    print(f"load, incl. import and checking the weights: {time.perf_counter() - began:.2f} s")
    ours = min(_timed(segmenter, passport.volumes, passport.brain_mask) for _ in range(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"segment one case, {options.threads} threads, best of 3: {ours:.2f} s, peak memory so far {peak:.2f} GB")
    _compare_precisions(passport.volumes, passport.brain_mask)
    if options.peer:
        peer = _monai(passport.volumes)
        print(
            f"MONAI SegResNet-16, fp32, full volume, 128 windows, overlap .5: {peer:.1f} s = {peer / ours:.1f} x ours"
        )


def _timed(segmenter: predict.Segmenter, volumes: dict[str, Volume], brain: Volume) -> float:
    began = time.perf_counter()
    segmenter.predict(volumes, brain)
    return time.perf_counter() - began


def _compare_precisions(volumes: dict[str, Volume], brain: Volume) -> None:
    maps = {}
    chosen = predict.bf16_pays
    for name, use in (("bf16", True), ("fp32", False)):
        predict.bf16_pays = lambda device, use=use: use
        maps[name] = predict.Segmenter(store.starter("segmentation"), "cpu").predict(volumes, brain).label_map.array
    predict.bf16_pays = chosen
    differ = maps["bf16"] != maps["fp32"]
    inside = brain.array > 0
    tumour = (maps["fp32"] > 0) | (maps["bf16"] > 0)
    print(
        f"labels that differ between bf16 and fp32: {100 * differ[inside].mean():.3f} % of the brain's voxels,"
        f" {100 * differ[tumour].mean():.2f} % of the tumour's"
    )


def _monai(volumes: dict[str, Volume]) -> float:
    from monai.inferers import SlidingWindowInferer
    from monai.networks.nets import SegResNet

    network = SegResNet(init_filters=16, in_channels=4, out_channels=3, dropout_prob=0.2).eval()
    images = torch.from_numpy(np.stack([v.array.astype(np.float32) for v in volumes.values()]))[None]
    began = time.perf_counter()
    with torch.inference_mode():
        SlidingWindowInferer(roi_size=(128, 128, 128), overlap=0.5)(images, network)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
