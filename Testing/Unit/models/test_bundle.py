"""A bundle comes back as it was written, or is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle, verify
from GliomaRadiomicsLib.models.card import write_card
from GliomaRadiomicsLib.models.figures import evidence_of, figure
from GliomaRadiomicsLib.models.store import STARTER_FOLDER

Make = Callable[..., Path]


def test_round_trip(make_bundle: Make, metadata: dict[str, Any]) -> None:
    folder = make_bundle()
    read = load_metadata(folder)
    assert {key: read[key] for key in metadata} == metadata
    assert read["weights"] == "weights.safetensors"
    assert np.array_equal(load_tensors(folder)["layer.weight"], np.arange(12).reshape(3, 4))
    assert load_json(folder, "classes.json") == [1, 2]


def test_torch_tensors_that_share_memory_are_kept(tmp_path: Path, metadata: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    weight = torch.arange(6, dtype=torch.float16).reshape(2, 3)
    folder = save_bundle(tmp_path / "b", metadata, {"a": weight, "b": weight.T.requires_grad_()})
    read = load_tensors(folder)
    assert read["a"].dtype == np.float16
    assert np.array_equal(read["b"], read["a"].T)


@pytest.mark.parametrize("name", ["weights.safetensors", "classes.json"])
def test_one_changed_byte_is_noticed(make_bundle: Make, name: str) -> None:
    folder = make_bundle()
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(RefusedInput, match=f"{name} is not the file the metadata describes.*SHA-256"):
        verify(folder)
    with pytest.raises(RefusedInput, match="SHA-256"):
        load_tensors(folder)


@pytest.mark.parametrize("content", [b"{broken", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, metadata: dict[str, Any], content: bytes) -> None:
    folder = save_bundle(tmp_path / "bundle", metadata, files={"model.json": content})
    with pytest.raises(RefusedInput, match=r"model\.json is not JSON"):
        load_json(folder)


def test_missing_weights_are_named(make_bundle: Make) -> None:
    folder = make_bundle()
    (folder / "weights.safetensors").unlink()
    with pytest.raises(RefusedInput, match=r"weights\.safetensors is missing"):
        verify(folder)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\xff"])
def test_broken_metadata_is_refused(make_bundle: Make, text: str) -> None:
    folder = make_bundle()
    (folder / "metadata.json").write_text(text, encoding="latin-1")
    with pytest.raises(RefusedInput, match="not JSON|not a JSON object"):
        load_metadata(folder)


@pytest.mark.parametrize("key", ["licence", "attribution", "evidence", "not_for", "intended_use", "training"])
def test_what_a_model_must_not_travel_without(tmp_path: Path, metadata: dict[str, Any], key: str) -> None:
    del metadata[key]
    with pytest.raises(RefusedInput, match=key):
        save_bundle(tmp_path / "b", metadata, files={"model.json": "{}"})
    assert not list(tmp_path.iterdir())


def test_a_figure_without_n_or_value_is_refused(tmp_path: Path, metadata: dict[str, Any]) -> None:
    metadata["evidence"]["figures"][0]["n"] = None
    with pytest.raises(RefusedInput, match="lacks 'n'"):
        save_bundle(tmp_path / "b", metadata, files={"model.json": "{}"})
    metadata["evidence"]["figures"][0] |= {"n": 3, "value": float("nan")}
    with pytest.raises(RefusedInput, match="no number"):
        save_bundle(tmp_path / "b", metadata, files={"model.json": "{}"})


@pytest.mark.parametrize(
    "name", ["../model.json", "/model.json", "a\\b.json", "c:x.json", "model.pkl", "run.py", "README.md"]
)
def test_files_that_do_not_belong_in_a_bundle(tmp_path: Path, metadata: dict[str, Any], name: str) -> None:
    with pytest.raises(RefusedInput):
        save_bundle(tmp_path / "b", metadata, files={name: "x"})
    assert not list(tmp_path.iterdir())


def test_an_older_bundle_is_kept_unless_told_otherwise(make_bundle: Make, metadata: dict[str, Any]) -> None:
    folder = make_bundle()
    with pytest.raises(RefusedInput, match="exists already"):
        save_bundle(folder, metadata, files={"model.json": "{}"})
    assert "classes.json" in verify(folder)["files"]
    save_bundle(folder, metadata, files={"model.json": "{}"}, overwrite=True)
    assert list(verify(folder)["files"]) == ["model.json"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_failed_write_leaves_nothing(tmp_path: Path, metadata: dict[str, Any]) -> None:
    metadata["training"]["thing"] = object()
    with pytest.raises(TypeError):
        save_bundle(tmp_path / "b", metadata, files={"model.json": "{}"})
    assert not list(tmp_path.iterdir())


def test_the_card_says_what_the_metadata_says(make_bundle: Make) -> None:
    folder = make_bundle()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card == write_card(load_metadata(folder))
    for said in ("0.8125", "0.7 to 0.9", "40 patients", "Patients", "Somebody 2020", "Apache-2.0"):
        assert said in card


def test_evidence_comes_from_the_metadata(metadata: dict[str, Any]) -> None:
    evidence = evidence_of(metadata, "cv_auc", "a note")
    assert (evidence.auc, evidence.auc_ci, evidence.n, evidence.note) == (0.8125, (0.7, 0.9), 40, "a note")
    missing = evidence_of(metadata, "other")
    assert missing.auc is None
    assert "no measured AUC" in missing.note
    assert figure(metadata, "other") is None


def test_every_starter_is_intact_and_its_card_current() -> None:
    starters = [path.parent for path in STARTER_FOLDER.glob("*/metadata.json")]
    assert starters
    for folder in starters:
        metadata = verify(folder)
        assert metadata["name"] == folder.name
        assert (folder / "README.md").read_text(encoding="utf-8") == write_card(metadata)
        listed = {"metadata.json", "README.md", *metadata["files"]}
        assert {path.name for path in folder.iterdir()} == listed
        assert json.dumps(metadata, allow_nan=False)


@pytest.mark.parametrize("read", [load_metadata, verify])
def test_a_bundle_of_another_system_is_refused(
    make_bundle: Make, metadata: dict[str, Any], read: Callable[..., dict[str, Any]]
) -> None:
    folder = make_bundle()
    assert read(folder, system=metadata["system"]) == read(folder)
    with pytest.raises(RefusedInput, match=f"another system.*{metadata['system']}.*give a bundle of survival"):
        read(folder, system="survival")
