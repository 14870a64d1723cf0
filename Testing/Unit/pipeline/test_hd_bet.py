"""HD-BET as another brain extraction: used where the user has it, refused with the remedy where it is not."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.pipeline import inputs
from GliomaRadiomicsLib.systems.brain_extraction import hd_bet

SETTINGS = AnalyzeSettings(steps=("report",), brain_extraction="hd-bet")
STAND_IN = """#!{python}
import json, os, sys
from pathlib import Path
import numpy as np
import nibabel
given, found = Path(sys.argv[sys.argv.index("-i") + 1]), Path(sys.argv[sys.argv.index("-o") + 1])
found.mkdir(exist_ok=True)
Path({log!r}).write_text(json.dumps({{"arguments": sys.argv[1:], "proxy": os.environ.get("HTTPS_PROXY"),
                                     "images": sorted(path.name for path in given.iterdir())}}))
mode = {mode!r}
if mode == "fails":
    sys.exit("no more memory")
for path in sorted(given.glob("*.nii.gz")):
    image = nibabel.load(path)
    assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    mask = np.load({truth!r})[path.name[:-7]] if mode == "good" else np.zeros((9, 9, 9), np.uint8)
    if mode == "nothing":
        continue
    nibabel.save(nibabel.Nifti1Image(mask, image.affine), found / path.name.replace(".nii.gz", "_bet.nii.gz"))
"""


@pytest.fixture(scope="module")
def raw() -> PhantomPatient:
    return make_phantom(7, grade=4, raw=True, shape=(120, 120, 78), spacing_mm=2.0)


class Installed:
    """A stand-in for the command hd-bet, with the true brains of a phantom, and for its weights."""

    def __init__(self, folder: Path, raw: PhantomPatient) -> None:
        self.log, self._folder, self._truth = folder / "log.json", folder, folder / "truth.npz"
        self.weights = folder / "hd-bet_params" / "release_2.0.0" / "fold_all" / "checkpoint_final.pth"
        masks = {role: hd_bet.to_canonical(mask).array for role, mask in raw.brain_masks.items()}
        np.savez(self._truth, **masks)
        self.weights.parent.mkdir(parents=True)
        self.weights.write_bytes(b"weights")
        self.behaves("good")

    def behaves(self, mode: str) -> None:
        command = self._folder / "bin" / "hd-bet"
        command.parent.mkdir(exist_ok=True)
        python, log, truth = sys.executable, str(self.log), str(self._truth)
        command.write_text(STAND_IN.format(python=python, log=log, truth=truth, mode=mode))
        command.chmod(command.stat().st_mode | stat.S_IXUSR)

    def called(self) -> dict:
        return dict(json.loads(self.log.read_text()))


@pytest.fixture
def installed(tmp_path: Path, raw: PhantomPatient, monkeypatch: pytest.MonkeyPatch) -> Installed:
    if sys.platform == "win32":
        pytest.skip("SKIPPED: the stand-in for hd-bet is a script that Windows does not start")
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("no_proxy", "*")
    return Installed(folder, raw)


def test_its_masks_are_used_and_the_provenance_says_so(
    raw: PhantomPatient, installed: Installed, tmp_path: Path
) -> None:
    images = {role: raw.volumes[role] for role in ("t1ce", "flair")}
    result = analyze_case(out=tmp_path / "out", settings=SETTINGS, **images)
    for one in result.preparation["sequences"].values():
        assert one["brain"]["source"] == "HD-BET"
        assert one["brain"]["expected_dice"] is None
        assert one["brain"]["doubts"] == []
    truth = float(raw.brain_masks["t1ce"].array.sum()) * raw.brain_masks["t1ce"].voxel_volume_mm3 / 1000.0
    assert result.preparation["sequences"]["t1ce"]["brain"]["volume_ml"] == pytest.approx(truth, abs=0.1)
    assert any("by HD-BET" in finding.message for finding in result.passport)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["settings"]["brain_extraction"] == "hd-bet"
    assert list(provenance["weights_sha256"]["hd-bet"]) == ["checkpoint_final.pth"]
    assert "brain_extraction" not in provenance["weights_sha256"]
    assert "found by HD-BET" in (tmp_path / "out" / "report.html").read_text()
    called = installed.called()
    assert called["images"] == ["flair.nii.gz", "t1ce.nii.gz"]
    assert {"--disable_tta", "--save_bet_mask", "cpu"} <= set(called["arguments"])
    assert called["proxy"] == "http://127.0.0.1:9"


def test_masks_come_back_on_the_grid_of_the_image(raw: PhantomPatient, installed: Installed) -> None:
    found = hd_bet.extract_brains({"flair": raw.volumes["flair"]}, "cpu")["flair"]
    assert found.mask.same_grid(raw.volumes["flair"])
    assert np.array_equal(found.mask.array, raw.brain_masks["flair"].array)


def test_without_the_command_it_is_refused_before_anything_is_read(
    phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*args: object) -> None:
        pytest.fail("an image was read")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(inputs, "read_volume", never)
    words = ["preprocess", "--flair", str(phantom_files["flair"]), "--out", str(tmp_path / "out")]
    assert main([*words, "--brain-extraction", "hd-bet"]) == 2
    said = capsys.readouterr().err
    assert "HD-BET is not installed" in said
    assert "pip install hd-bet" in said
    assert "--brain-extraction own" in said
    assert main([*words, "--brain-extraction", "bet"]) == 2
    assert "choose from own, hd-bet" in capsys.readouterr().err


def test_without_its_weights_it_is_refused_and_not_started(installed: Installed) -> None:
    installed.weights.unlink()
    with pytest.raises(RefusedInput, match="would download them") as refused:
        hd_bet.check_installed()
    assert "~/hd-bet_params/release_2.0.0" in str(refused.value)
    assert "run hd-bet once yourself" in str(refused.value)
    assert not installed.log.exists()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("fails", "FLAIR|HD-BET failed.*no more memory"),
        ("nothing", "FLAIR: HD-BET gave no brain mask"),
        ("other grid", "FLAIR: the mask of HD-BET does not fit"),
    ],
)
def test_what_goes_wrong_is_named(raw: PhantomPatient, installed: Installed, mode: str, expected: str) -> None:
    installed.behaves(mode)
    with pytest.raises(RefusedInput, match=expected):
        hd_bet.extract_brains({"flair": raw.volumes["flair"]}, "cpu")


def test_stripped_images_do_not_start_it(phantom_files: dict[str, Path], installed: Installed, tmp_path: Path) -> None:
    result = analyze_case(out=tmp_path / "out", settings=SETTINGS, flair=phantom_files["flair"])
    assert not installed.log.exists()
    assert result.preparation == {}


def test_a_cut_brain_is_doubted_as_with_the_own_network(installed: Installed, raw: PhantomPatient) -> None:
    full = raw.volumes["flair"]
    everywhere = np.ones(hd_bet.to_canonical(full).shape, np.uint8)
    np.savez(installed._truth, flair=everywhere)
    doubts = hd_bet.extract_brains({"flair": full}, "cpu")["flair"].doubts
    assert any("cut at the top" in doubt for doubt in doubts)
    assert any("is unusual" in doubt for doubt in doubts)
