"""Which button may be pressed when, and the sentence that says why not: pure functions of the panel's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult


@dataclass(frozen=True)
class PanelState:
    """What the rules look at.

    Attributes:
        sequences: Roles of the selectors that are filled, ``mask`` among them.
        running: Whether a run, a check, a cohort or a training is under way.
        result: Of the last run, or None.
        report_gone: Whether the result had a report whose file is not there any more.
        mask_edited: Whether the outline was changed since the result.
        has_tumour: Whether the outline on the screen holds any voxel.
        has_folder: Whether the files that the run wrote are still there.
        has_images: Whether the images that the result was found on are still at hand.
        steps: Steps that are ticked.
        cohort: Whether a table of patients and an output folder are chosen.
        training: Whether system, table of patients, folder and name are chosen.
        model: Whether a model is chosen in the list.
        packages: Whether the Python packages are installed.
    """

    sequences: frozenset[str] = frozenset()
    running: bool = False
    result: CaseResult | None = None
    report_gone: bool = False
    mask_edited: bool = False
    has_tumour: bool = True
    has_folder: bool = True
    has_images: bool = True
    steps: frozenset[str] = frozenset({"segmentation", "features", "grading", "report", "scene"})
    cohort: bool = False
    training: bool = False
    model: bool = False
    packages: bool = True


@dataclass(frozen=True)
class Allowed:
    """Whether an action is possible; ``why`` is the tool tip: what it does, or what is missing."""

    ok: bool
    why: str


REPORT_GONE = "The report's file is gone; run again to have it written anew."
_BUSY = "Wait until the run has ended, or cancel it."
_NO_IMAGE = "Choose at least one of T1, T1ce, T2 and FLAIR."
_NO_RESULT = "Run an analysis first."


def allowed(action: str, state: PanelState) -> Allowed:
    """Whether ``action`` is possible now.

    Args:
        action: One of `ACTIONS`.
        state: Of the panel.

    Raises:
        KeyError: If there is no such action.
    """
    does, obstacle = _RULES[action]
    why_not = obstacle(state)
    return Allowed(not why_not, why_not or does)


def _check(state: PanelState) -> str:
    if state.running:
        return _BUSY
    return "" if state.sequences & set(SEQUENCES) else _NO_IMAGE


def _run(state: PanelState) -> str:
    obstacle = _check(state)
    if obstacle:
        return obstacle
    needy = state.steps & {"features", "grading"}
    if needy and "segmentation" not in state.steps and "mask" not in state.sequences:
        return "Features and predictions need an outline: tick Outline the tumour, or choose a tumour outline."
    return ""


def _cancel(state: PanelState) -> str:
    return "" if state.running else "Nothing is running."


def _recompute(state: PanelState) -> str:
    missing = _segmented(state)
    if missing:
        return missing
    if not state.mask_edited:
        return "Edit the outline first; nothing has changed since the last run."
    if not state.has_images:
        return "The images that this result was found on are not known here; load them and run again."
    return "" if state.has_tumour else "The outline is empty; paint the tumour first."


def _export(state: PanelState) -> str:
    missing = _segmented(state)
    if missing:
        return missing
    assert state.result is not None
    assert state.result.segmentation is not None
    if not state.result.segmentation.volumes_ml.get("WT"):
        return "No tumour was outlined, so there is nothing to export."
    if state.mask_edited:
        return "The outline was changed since; compute again first, so that the figures are those of the outline."
    return "" if state.has_folder else "The files of this result are gone; run again to export it."


def _segmented(state: PanelState) -> str:
    missing = _idle_with_result(state)
    if missing:
        return missing
    assert state.result is not None
    return "" if state.result.segmentation is not None else "The tumour was not outlined in this run."


def _idle_with_result(state: PanelState) -> str:
    if state.result is None:
        return _NO_RESULT
    return _BUSY if state.running else ""


def _file(key: str, missing: str) -> Callable[[PanelState], str]:
    def obstacle(state: PanelState) -> str:
        if state.result is None:
            return _NO_RESULT
        return "" if state.result.files.get(key) else missing

    return obstacle


def _report(state: PanelState) -> str:
    return REPORT_GONE if state.result is not None and state.report_gone else _file("report", _NO_REPORT)(state)


def _idle(state: PanelState) -> str:
    return _BUSY if state.running else ""


def _cohort(state: PanelState) -> str:
    return _idle(state) or ("" if state.cohort else "Choose a table of patients and an output folder.")


def _train(state: PanelState) -> str:
    return _idle(state) or (
        "" if state.training else "Choose what to train, a table of patients, and a folder and a name for the model."
    )


def _model(state: PanelState) -> str:
    return _idle(state) or ("" if state.model else "Choose a model in the list.")


def _install(state: PanelState) -> str:
    return _idle(state) or ("" if not state.packages else "Everything is installed.")


_NO_REPORT = "No report was written: tick Write the report and run again."
_NO_SCENE = "No Slicer scene was written: tick Write a Slicer scene and run again."
_NO_OUTLINE = "The tumour was not outlined in this run."
_NO_FEATURES = "No features were measured: tick Measure features and run again."
_SERIES = "It refers to the DICOM series of the images, and carries the name of its patient."
_NO_MAP = "There is no heat map in this result."

_RULES: dict[str, tuple[str, Callable[[PanelState], str]]] = {
    "check": ("Look at the images before anything is computed.", _check),
    "run": ("Analyse this patient.", _run),
    "cancel": ("End the run; nothing of it is kept.", _cancel),
    "recompute": ("Compute again what depends on the outline, and compare with before.", _recompute),
    "edit_mask": ("Change the outline of the tumour.", _segmented),
    "jump": ("Show the slices through the middle of the region.", _segmented),
    "show_heatmap": ("Lay an explanation over the image.", _file("heatmaps", _NO_MAP)),
    "open_report": ("Open the report.", _report),
    "save_report": ("Save a copy of the report.", _report),
    "export_mrb": ("Save everything as one file for 3D Slicer.", _file("scene", _NO_SCENE)),
    "save_scene": ("Save the scene with all that is in it as one file for 3D Slicer.", _idle_with_result),
    "export_seg": (f"Save the outline as a DICOM segmentation. {_SERIES}", _export),
    "export_sr": (f"Save volumes and findings as a DICOM structured report. {_SERIES}", _export),
    "export_rtstruct": (f"Save the outline as contours, a DICOM RT structure set. {_SERIES}", _export),
    "export_csv": ("Save the features as a table.", _file("features", _NO_FEATURES)),
    "copy_features": ("Copy the features that are shown.", _file("features", _NO_FEATURES)),
    "load_dicom": ("Take the sequences from a folder of DICOM files.", _idle),
    "load_folder": ("Take the sequences from a folder of image files.", _idle),
    "run_cohort": ("Analyse every patient of the table.", _cohort),
    "train": ("Train a model on your patients.", _train),
    "import_model": ("Take over a model from a zip file or a folder.", _idle),
    "verify_model": ("Compare the model's files with the checksums in its metadata.", _model),
    "install": ("Install the Python packages that are needed; you are asked first.", _install),
}

ACTIONS = tuple(_RULES)
