"""The commands when all is well."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from GliomaRadiomicsLib.cli.main import COMMANDS, main
from GliomaRadiomicsLib.cli.options import write_table
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.version import VERSION


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_check_prints_every_finding(phantom_files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--case", phantom_files["t1"].parent) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "all-sequences" in lines[0]
    assert all(line.split()[0] in ("ok", "fixed", "warning") for line in lines)


def test_check_does_not_call_fine_what_was_not_checked(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--t1", phantom_files["t1"], "--mask", phantom_files["seg"]]
    assert run("check", *words) == 0
    lines = capsys.readouterr().out.splitlines()
    unchecked = [line for line in lines if "-not-checked" in line]
    assert len(unchecked) == 2
    assert all(line.startswith("- not checked ") for line in unchecked)
    assert not any(line.startswith("- ") for line in lines if line not in unchecked)
    assert run("check", *words, "--json") == 0
    assert {finding["severity"] for finding in json.loads(capsys.readouterr().out)} == {"ok", "warning"}
    assert run("preprocess", "--t1", phantom_files["t1"], "--out", tmp_path / "out") == 0
    assert "not checked: whether sequences are swapped" in capsys.readouterr().out


def test_check_as_json(phantom_files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--flair", phantom_files["flair"], "--mask", phantom_files["seg"], "--json") == 0
    captured = capsys.readouterr()
    findings = json.loads(captured.out)
    assert {"code", "severity", "message", "sequence"} == set(findings[0])
    assert "missing-sequences" in {finding["code"] for finding in findings}
    assert captured.err == ""


def test_analyze_says_what_it_found_and_where(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--case", phantom_files["t1"].parent, "--mask", phantom_files["seg"], "--age", 50, "--sex", "M"]
    assert run("analyze", *words, "--steps", "features, grading", "--out", tmp_path / "out") == 0
    captured = capsys.readouterr()
    assert "[100 %] done" in captured.out
    assert "whole tumour" in captured.out
    assert "volumetric_grading" in captured.out
    assert captured.out.splitlines()[-1] == f"results in {tmp_path / 'out'}"
    assert captured.err == ""
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["inputs"]["clinical"]["age"] == 50


def test_analyze_hands_on_what_is_known_and_says_the_survival(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--case", phantom_files["t1"].parent, "--mask", phantom_files["seg"], "--age", 50, "--idh", "mutant"]
    words += ["--grade", 3, "--histology", "oligodendroglioma", "--location", "left frontal"]
    assert run("analyze", *words, "--steps", "features,grading", "--out", tmp_path / "out") == 0
    given = json.loads((tmp_path / "out" / "result.json").read_text())["inputs"]["clinical"]
    assert {key: given[key] for key in ("age", "idh", "grade", "histology", "location")} == {
        "age": 50.0,
        "idh": "mutant",
        "grade": 3,
        "histology": "oligodendroglioma",
        "location": "left frontal",
    }
    assert "risk; chance of living 1y 0." in capsys.readouterr().out
    assert run("analyze", *words[:4], "--grade", 1, "--out", tmp_path / "no") == 2
    assert "--grade: unknown WHO grade (found 1); give 2, 3 or 4" in capsys.readouterr().err


def test_analyze_with_a_model_of_ones_own(phantom_files: dict[str, Path], tiny_bundle: Path, tmp_path: Path) -> None:
    words = ["--flair", phantom_files["flair"], "--models", f"segmentation={tiny_bundle}", "--device", "cpu"]
    assert run("analyze", *words, "--steps", "segmentation", "--out", tmp_path / "out") == 0
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["segmentation"]["model"] == "tiny 1.0.0"
    assert (tmp_path / "out" / "heatmaps" / "segmentation-uncertainty.nii.gz").is_file()


def test_preprocess_writes_images_only(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("preprocess", "--case", phantom_files["t1"].parent, "--out", tmp_path / "out") == 0
    assert "segmenting" not in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "out" / "preprocessed").iterdir()}
    assert names == {f"{role}.nii.gz" for role in (*SEQUENCES, "brain_mask")}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"preprocessed", "result.json", "provenance.json"}


def test_features_as_csv(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "f.csv"
    words = ["--image", phantom_files["t1ce"], "--image", phantom_files["flair"], "--mask", phantom_files["seg"]]
    assert run("features", *words, "--label", 4, "--out", out) == 0
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert {"region", "feature", "value"} <= set(rows[0])
    assert {row["sequence"] for row in rows} == {"mask", "t1ce", "flair"}
    assert {row["region"] for row in rows} == {"label 4"}
    assert len({(row["sequence"], row["feature"]) for row in rows}) == len(rows)
    assert all(row["reason"] or float(row["value"]) == float(row["value"]) for row in rows)
    assert [path.name for path in out.parent.iterdir()] == ["f.csv"]


def test_features_of_a_published_system_in_one_line(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    words = ["features", "--image", phantom_files["t1ce"], "--mask", phantom_files["seg"], "--label", 4, "--set", "han"]
    assert run(*words, "--layout", "wide", "--case", "one", "--out", tmp_path / "f.csv") == 0
    with (tmp_path / "f.csv").open() as file:
        header, line = csv.reader(file)
    assert (header[0], line[0], header[-1]) == ("case", "one", "reasons")
    assert len(header) == 348 + 2
    assert header[1] == "t1ce_label4_han_nontexture_Volume"
    assert run(*words, "--params", phantom_files["seg"], "--out", tmp_path / "g.csv") != 0
    assert run(*words, "--backend", "pyradiomics", "--out", tmp_path / "g.csv") != 0
    assert not (tmp_path / "g.csv").exists()


def test_features_without_a_label_measures_that_of_the_parameters_or_1(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.yaml").write_text("setting:\n  label: 2\nfeatureClass:\n  firstorder: [Mean]\n")
    words = ["features", "--image", phantom_files["flair"], "--mask", phantom_files["seg"], "--params"]
    assert run(*words, tmp_path / "p.yaml", "--out", tmp_path / "out.csv") == 0
    assert "label 2" in (tmp_path / "out.csv").read_text()
    (tmp_path / "p.yaml").write_text("featureClass:\n  firstorder: [Mean]\n")
    assert run(*words, tmp_path / "p.yaml", "--out", tmp_path / "out.csv") == 0
    assert "label 1" in (tmp_path / "out.csv").read_text()
    with pytest.raises(SystemExit):
        main(["features", "--help"])
    assert "without it that of --params, else 1" in " ".join(capsys.readouterr().out.split())


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="no row was measured"):
        write_table(tmp_path / "out.csv", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_of_every_command(command: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(*([command] if command else []), "--help")
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("usage: glioma-radiomics")
    expected = [COMMANDS[command]] if command else ["Not a medical device", *COMMANDS.values()]
    assert all(words in text for words in expected)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--version")
    assert capsys.readouterr().out.strip() == f"glioma-radiomics {VERSION}"


def test_models_are_listed_shown_and_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path))
    assert run("models", "list") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "SYSTEM", "VERSION", "ORIGIN"]
    row = next(row for row in rows if row.startswith("volumetric_grading"))
    assert row.split()[-1] == "starter"
    assert row.index("starter") == header.index("ORIGIN")
    assert run("models", "info", "volumetric_grading") == 0
    assert "volumetric_grading" in capsys.readouterr().out
    assert run("models", "verify") == 0
    assert "volumetric_grading: every file has the SHA-256" in capsys.readouterr().out


def test_a_damaged_model_is_found(
    tiny_bundle: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path))
    assert run("models", "import", tiny_bundle) == 0
    assert run("models", "verify") == 0
    weights = tmp_path / "tiny" / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    capsys.readouterr()
    assert run("models", "verify") == 2
    assert "SHA-256 differs" in capsys.readouterr().err
