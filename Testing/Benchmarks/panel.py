"""Processor seconds of every step that the panel does in Slicer's own process, and of a recompute's first word.

``python Testing/Benchmarks/panel.py [--shape 240 240 155] [--first-word]``

The images are invented (4 float32 volumes, an outline, heat maps). A step is what runs between two turns of the event
loop: while it runs, the program does not answer. ``--first-word`` starts real workers: a run with an outline, then the
same with the outline changed, and prints the seconds from its start to its first event and to the first of the chain.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

LONGEST_S = 0.2
HEAT_MAPS = ("cnn_grading/gradcam/hgg", "cnn_grading/gradcam/lgg", "vq_grading/tokens/hgg")


def timed(name: str, steps: Generator[Any, None, Any]) -> Any:
    """Exhaust a generator; prints what each step took."""
    label, longest, whole = "begin", 0.0, 0.0
    while True:
        began = time.process_time()
        try:
            step = next(steps)
        except StopIteration as end:
            took = time.process_time() - began
            report(name, label, took)
            print(f"{name:<22}{'all steps':<26}{whole + took:8.3f} s, longest {max(longest, took):.3f} s")
            return end.value
        took = time.process_time() - began
        report(name, label, took)
        longest, whole, label = max(longest, took), whole + took, getattr(step, "message", step)


def report(name: str, label: str, took: float) -> None:
    """One line."""
    print(f"{name:<22}{label:<26}{took:8.3f} s{'  LONG' if took > LONGEST_S else ''}")


def call(name: str, function: Callable[[], Any]) -> Any:
    """Time one call."""
    began = time.process_time()
    result = function()
    report(name, "", time.process_time() - began)
    return result


def write_case(folder: Path, shape: tuple[int, int, int]) -> dict[str, Any]:
    """An output folder with heat maps; returns its sequences."""
    import json

    from support.output_folder import invented_patient, write_output_folder

    from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

    write_output_folder(folder)
    sequences, labels, heat = invented_patient(shape, (180 / shape[0], 180 / shape[1], 160 / shape[2]))
    write_label_map(labels, folder / "segmentation.nii.gz")
    result = json.loads((folder / "result.json").read_text())
    result["files"]["heatmaps"] = {key: f"heatmaps/{key.replace('/', '-')}.nii.gz" for key in HEAT_MAPS}
    for path in result["files"]["heatmaps"].values():
        write_volume(heat, folder / path)
    (folder / "result.json").write_text(json.dumps(result))
    return sequences


def measure_steps(folder: Path, shape: tuple[int, int, int]) -> None:
    """The steps of handing over, of handing over again with another outline, and of writing the result."""
    from support.pyside_standin import install

    from GliomaRadiomicsLib.scene import headless
    from GliomaRadiomicsLib.scene.image_copies import ImageCopies
    from GliomaRadiomicsLib.scene.run import CaseRun
    from GliomaRadiomicsLib.scene.volumes import node_from_volume
    from GliomaRadiomicsLib.scene.writer import result_steps

    scene = headless.boot()
    import slicer

    install(slicer)
    sequences = write_case(folder / "out", shape)
    nodes = {name: node_from_volume(scene, volume, name) for name, volume in sequences.items()}
    worker = {"command": [sys.executable, "-c", "pass"]}
    copies = ImageCopies()
    run = CaseRun(scene, nodes, job_options=worker, copies=copies)
    timed("run: images", run.steps())
    run.kill()
    result = timed("result: nodes", result_steps(folder / "out", volume_nodes=nodes, patient="Case", scene=scene))
    mask = result.segmentationNode
    again = CaseRun(scene, nodes, mask_node=mask, job_options=worker, copies=copies)
    timed("recompute: images", again.steps())
    again.kill()
    result = timed("result: replaced", result_steps(folder / "out", volume_nodes=nodes, patient="Case", scene=scene))
    measure_panel(folder / "out", result)
    copies.forget()


def measure_panel(output: Path, result: Any) -> None:
    """What the panel does when a result is there, and at a change of a choice."""
    import slicer

    sys.path.insert(0, str(ROOT / "Testing" / "Panel"))
    from make_pictures import make_panel

    from GliomaRadiomicsLib.scene.views import show_result

    widget = make_panel()
    call("views", lambda: show_result(slicer.mrmlScene, result))
    call("panel: all tabs", lambda: widget.panel.show_new(result, "Case", output))
    call("panel: refresh", widget.panel.refresh)
    widget.cleanup()


def measure_first_word(folder: Path) -> None:
    """Seconds from the start of a recompute to the worker's first events, its worker started ahead."""
    import numpy as np

    from GliomaRadiomicsLib.core.settings import AnalyzeSettings
    from GliomaRadiomicsLib.imaging.phantom import make_phantom
    from GliomaRadiomicsLib.pipeline.spare import Spare
    from GliomaRadiomicsLib.scene import headless
    from GliomaRadiomicsLib.scene.image_copies import ImageCopies
    from GliomaRadiomicsLib.scene.run import CaseRun
    from GliomaRadiomicsLib.scene.volumes import image_array, node_from_volume

    scene, phantom = headless.boot(), make_phantom()
    nodes = {name: node_from_volume(scene, volume, name) for name, volume in phantom.volumes.items()}
    mask = node_from_volume(scene, phantom.label_map, "mask", label_map=True)
    copies, spare = ImageCopies(), Spare()
    options: dict[str, Any] = {"mask_node": mask, "copies": copies, "job_options": {"spare": spare}}
    first = CaseRun(scene, nodes, AnalyzeSettings(steps=("features",)), folder=folder, **options)
    first.start()
    first.finish()
    voxels = image_array(mask.GetImageData())
    voxels[tuple(np.argwhere(voxels == 2)[0])] = 4  # noqa: PLR2004 - a voxel of oedema that enhances
    mask.GetImageData().Modified()
    while not spare.is_ready:
        time.sleep(0.05)
    settings = AnalyzeSettings(steps=("features",), reuse=str(first.output_folder))
    began = time.perf_counter()
    again = CaseRun(scene, nodes, settings, **options)
    again.start()
    print(f"recompute: handed over after     {time.perf_counter() - began:.2f} s")
    said = 0
    while again.is_running and said < 2:  # noqa: PLR2004 - the worker's word, and the chain's
        for event in again.poll():
            print(f"recompute: {event.get('message', event['type'])!r:<40} {time.perf_counter() - began:.2f} s")
            said += 1
        time.sleep(0.01)
    again.kill()
    spare.close()
    copies.forget()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=3, default=(240, 240, 155))
    parser.add_argument("--first-word", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.first_word:
            measure_first_word(Path(folder))
        else:
            measure_steps(Path(folder), tuple(options.shape))


if __name__ == "__main__":
    main()
