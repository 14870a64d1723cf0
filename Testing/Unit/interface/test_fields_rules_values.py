"""Fields, sections, enabling rules, and the way from values to settings and back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult, SegmentationResult
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData
from GliomaRadiomicsLib.interface.export import EXPORT_KINDS, ExportKind, export_job
from GliomaRadiomicsLib.interface.fields import ALL_FIELDS, CLINICAL_FIELDS, RUN_FIELDS, STEP_PREFIX
from GliomaRadiomicsLib.interface.rules import ACTIONS, PanelState, allowed
from GliomaRadiomicsLib.interface.sections import RESULT_TABS, SECTIONS, section
from GliomaRadiomicsLib.interface.values import analyze_settings, start_values, values_of
from GliomaRadiomicsLib.pipeline.export.export import KINDS

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {"torch", "sklearn", "monai", "matplotlib", "pandas", "scipy", "SimpleITK", "nibabel", "skimage"}
DONE = CaseResult(
    inputs={}, passport=[], segmentation=SegmentationResult("m", {"WT": 1.0}), files={"report": "report.html"}
)


def test_nothing_here_needs_more_than_numpy_to_be_loaded() -> None:
    names = sorted(path.stem for path in (ROOT / "GliomaRadiomicsLib" / "interface").glob("[!_]*.py"))
    code = ";".join(f"import GliomaRadiomicsLib.interface.{name}" for name in names)
    code += ";import sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert len(names) > 12
    assert not set(done.stdout.split()) & {*HEAVY, "slicer", "qt", "vtk", "trame"}


def test_every_field_can_be_drawn() -> None:
    assert len({one.key for one in ALL_FIELDS}) == len(ALL_FIELDS)
    for one in ALL_FIELDS:
        assert one.label
        assert one.help.endswith(".")
        if one.kind == "number":
            assert one.unit, one.key
            assert one.unit in one.title
            assert one.low is not None
            assert one.high is not None
            assert one.step is not None
            assert one.low < one.high
            assert one.default is None or one.low <= one.default <= one.high
        if one.choices:
            assert one.default in {choice.value for choice in one.choices}


def test_sections_and_tabs_are_those_agreed() -> None:
    assert [one.key for one in SECTIONS] == ["inputs", "check", "run", "results", "cohort", "models"]
    assert [one.key for one in RESULT_TABS] == ["tumour", "grade", "molecular", "survival", "features", "report"]
    assert section("run").fields == RUN_FIELDS


def test_every_step_has_a_flag() -> None:
    assert {f"{STEP_PREFIX}{step}" for step in STEPS} == {one.key for one in RUN_FIELDS if one.kind == "flag"}


def choice_values(key: str) -> st.SearchStrategy:
    own = next(one for one in CLINICAL_FIELDS if one.key == key)
    return st.sampled_from([choice.value for choice in own.choices])


@given(
    age=st.none() | st.floats(0, 120),
    kps=st.none() | st.sampled_from(range(0, 101, 10)),
    choices=st.fixed_dictionaries({key: choice_values(key) for key in ("sex", "resection", "idh", "grade")}),
    flags=st.fixed_dictionaries({f"{STEP_PREFIX}{step}": st.booleans() for step in STEPS}),
    device=st.sampled_from(["auto", "cpu", "cuda"]),
)
def test_values_give_settings_and_settings_the_same_values(age, kps, choices, flags, device) -> None:  # noqa: ANN001
    values = {"age": age, "kps": kps, **choices, **flags, "device": device, "normalisation": "nyul"}
    settings = analyze_settings(values)
    back = values_of(settings)
    assert {key: back[key] for key in values} == values
    assert analyze_settings(back) == settings


def test_what_was_not_filled_in_is_not_known() -> None:
    assert analyze_settings(start_values()) == AnalyzeSettings()
    assert analyze_settings({}) == AnalyzeSettings()
    assert analyze_settings({"age": -1}).clinical == ClinicalData()
    assert analyze_settings({"models": {"idh": "mine", "mgmt": ""}}).models == {"idh": "mine"}


@pytest.mark.parametrize(
    ("values", "said"),
    [({"age": "540"}, r"Age \(found 540\); give 0 to 120 years"), ({"kps": 7}, "Karnofsky status.*in steps of 10")],
)
def test_a_number_out_of_its_field_is_refused_in_the_words_of_the_field(values: dict, said: str) -> None:
    with pytest.raises(RefusedInput, match=said) as refused:
        analyze_settings(values)
    assert "--" not in str(refused.value)


@pytest.mark.parametrize("values", [{"age": 130}, {"device": "tpu"}, {"normalisation": "none"}, {"sex": "X"}])
def test_a_value_that_cannot_be_is_refused(values: dict) -> None:
    with pytest.raises(RefusedInput):
        analyze_settings(values)


def states() -> list[PanelState]:
    found = []
    for roles, running, result, edited in product(
        ((), ("t1ce",), ("mask",)), (False, True), (None, DONE), (False, True)
    ):
        found.append(PanelState(frozenset(roles), running, result, edited))
    return found


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_says_what_it_does_or_why_not(action: str) -> None:
    for state in states():
        answer = allowed(action, state)
        assert answer.why.endswith(".")
        if action not in ("cancel", "jump", "show_heatmap", "open_report", "save_report", "copy_features"):
            assert not (answer.ok and state.running and not action.startswith("export"))


def test_running_allows_cancel_only_and_reading() -> None:
    busy = PanelState(frozenset({"t1ce"}), running=True, result=DONE, mask_edited=True)
    assert allowed("cancel", busy).ok
    assert allowed("open_report", busy).ok
    assert not any(allowed(action, busy).ok for action in ("check", "run", "recompute", "train", "run_cohort"))
    assert not allowed("cancel", replace(busy, running=False)).ok


def test_a_run_needs_an_image_and_predictions_an_outline() -> None:
    assert not allowed("run", PanelState()).ok
    assert not allowed("run", PanelState(frozenset({"mask"}))).ok
    assert allowed("run", PanelState(frozenset({"flair"}))).ok
    without = PanelState(frozenset({"flair"}), steps=frozenset({"grading"}))
    assert "outline" in allowed("run", without).why
    assert allowed("run", replace(without, sequences=frozenset({"flair", "mask"}))).ok


@pytest.mark.parametrize("kind", EXPORT_KINDS, ids=lambda kind: kind.key)
def test_a_dicom_export_is_of_the_outline_that_the_figures_are_of(kind: ExportKind) -> None:
    done = PanelState(result=DONE)
    assert allowed(kind.action, done).ok
    assert "name of its patient" in allowed(kind.action, done).why
    empty = replace(DONE, segmentation=SegmentationResult("m", {"WT": 0.0}))
    refused = {
        "Run an analysis first.": PanelState(),
        "Wait until": replace(done, running=True),
        "changed since": replace(done, mask_edited=True),
        "gone; run again": replace(done, has_folder=False),
        "not outlined": replace(done, result=replace(DONE, segmentation=None)),
        "nothing to export": replace(done, result=empty),
    }
    for words, state in refused.items():
        answer = allowed(kind.action, state)
        assert not answer.ok
        assert words in answer.why
    assert export_job(kind, "result", "series", "f.dcm")["kind"] in KINDS


def test_recompute_needs_an_edited_outline_that_is_not_empty() -> None:
    state = PanelState(frozenset({"t1ce"}), result=DONE)
    assert not allowed("recompute", state).ok
    assert allowed("recompute", replace(state, mask_edited=True)).ok
    assert "empty" in allowed("recompute", replace(state, mask_edited=True, has_tumour=False)).why
    assert not allowed("recompute", replace(state, mask_edited=True, result=replace(DONE, segmentation=None))).ok


def test_only_files_that_were_written_can_be_opened() -> None:
    state = PanelState(result=DONE)
    assert allowed("open_report", state).ok
    assert "tick" in allowed("export_mrb", state).why
