"""The invented patient's output folder with a real survival prediction, several systems and a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from support.output_folder import write_output_folder

from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.protocol import CaseData


def predicted_survival() -> dict[str, Any]:
    """What the starter survival system says about an invented tumour of a patient of 60, as plain data."""
    from GliomaRadiomicsLib.systems.survival import SurvivalSystem

    random = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((40, 40, 40)) - 19.5, axis=0)
    labels = np.select([distance < 6, distance < 10, distance < 16], [1, 4, 2], 0).astype(np.uint8)
    image = Volume(300 * random.uniform(0.9, 1.1, labels.shape), np.eye(4))
    case = CaseData({"t1ce": image}, Volume(labels, np.eye(4)), clinical=ClinicalData(age=60.0))
    return json.loads(json.dumps(SurvivalSystem.starter().predict(case)))


def write_full_output(folder: Path, survival: dict[str, Any]) -> Path:
    """Write an output folder with everything that the panel shows; returns it."""
    write_output_folder(folder)
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    cnn = result["grading"]["cnn_grading"]
    cnn["trust"]["energy_in_tumour"] = 0.8
    cnn["contributions"] = [{"name": "Enhancing volume", "value": 18.1, "unit": "ml", "contribution": 0.7}]
    result["grading"]["volumetric_grading"] = {**cnn, "probability_hgg": 0.2, "label": "LGG"}
    result["idh"] = {"status": "predicted", "label": "wildtype", "probability_mutant": 0.11}
    result["survival"] = survival
    result["files"] = {
        "heatmaps": {
            f"cnn_grading-gradcam-{name}": f"heatmaps/cnn_grading-gradcam-{name}.nii.gz" for name in ("hgg", "lgg")
        },
        "report": "report.html",
        "features": "features.csv",
        "segmentation": "segmentation.nii.gz",
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    (folder / "report.html").write_text("<html>the report</html>", encoding="utf-8")
    return folder
