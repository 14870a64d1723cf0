"""A bundle of MONAI's layout becomes one of ours, and nothing in it is ever run."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.networks import monai_nets
from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter

Make = Callable[..., tuple[Path, torch.nn.Module]]
Edit = Callable[[dict[str, Any], dict[str, Any]], None]
NAME = "brats_mri_segmentation"


def zipped(folder: Path, archive: Path, *more: str) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, f"{folder.name}/{path.relative_to(folder)}")
        for name in more:
            file.writestr(name, "x")
    return archive


def tarred(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as file:
        file.add(folder, folder.name)
    return archive


def imported_logits(images: torch.Tensor) -> torch.Tensor:
    imported = Segmenter(store.find(NAME), "cpu").imported
    assert imported is not None
    with torch.inference_mode():
        return imported.network(images)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_the_imported_network_gives_the_same_logits(
    make_monai: Make, user_models: Path, tmp_path: Path, kind: str
) -> None:
    folder, network = make_monai()
    source = {"zip": lambda: zipped(folder, tmp_path / "b.zip"), "tar": lambda: tarred(folder, tmp_path / "b.tar.gz")}
    assert store.import_bundle(source.get(kind, lambda: folder)()) == user_models / NAME
    images = torch.randn(1, 4, 16, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(imported_logits(images), network(images))
    assert [path.name for path in user_models.iterdir()] == [NAME]
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize(
    "network",
    [
        {"_target_": "monai.networks.nets.UNet", "channels": [8, 16], "strides": [2], "norm": "batch"},
        {"_target_": "BasicUNet", "features": [8, 8, 8, 8, 8, 8]},
        {"_target_": "DynUNet", "kernel_size": [3, 3, 3], "strides": [1, 2, 2], "upsample_kernel_size": [2, 2]},
    ],
    ids=lambda network: network["_target_"],
)
def test_the_other_networks_of_the_list(make_monai: Make, user_models: Path, network: dict[str, Any]) -> None:
    network |= {"spatial_dims": 3, "in_channels": 4, "out_channels": 3}
    target = network["_target_"]
    plain = {**network, "_target_": target.rsplit(".", 1)[-1]}
    folder, made = make_monai(network=plain, edit=lambda _, config: config["network_def"].update(_target_=target))
    store.import_bundle(folder)
    images = torch.randn(1, 4, 32, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(imported_logits(images), made(images))


def test_yaml_and_safetensors_are_read_too(make_monai: Make, user_models: Path) -> None:
    folder, network = make_monai()
    config = json.loads((folder / "configs" / "inference.json").read_text())
    (folder / "configs" / "inference.json").unlink()
    (folder / "configs" / "inference.yaml").write_text(yaml.safe_dump(config))
    (folder / "models" / "model.pt").unlink()
    save_file(network.state_dict(), folder / "models" / "model.safetensors")
    assert store.verify(str(store.import_bundle(folder)))["network"]["window"] == [32, 32, 32]


def test_list_and_info_show_it(make_monai: Make, user_models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = make_monai()
    assert main(["models", "import", str(folder)]) == 0
    assert main(["models", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(NAME))
    assert line.split()[1:] == ["segmentation", "0.5.2", "user"]
    assert main(["models", "info", NAME]) == 0
    card = capsys.readouterr().out
    for text in (
        "Some License Version 2.0",
        "0: T1c = T1ce; 1: T1 = T1; 2: T2 = T2; 3: FLAIR = FLAIR",
        "0: Tumor core = TC; 1: Whole tumor = WT; 2: Enhancing tumor = ET",
        "Figures of its publisher, not measured here",
        "| val_mean_dice | 0.8518 |",
        "Copyright (c) Somebody",
        "Lambdad",
    ):
        assert text in card
    assert (user_models / NAME / "LICENSE.txt").read_text().startswith("Some License")
    assert {path.suffix for path in (user_models / NAME).iterdir()} == {".json", ".md", ".safetensors", ".txt"}


def test_a_bundle_without_a_name_takes_that_of_its_file(make_monai: Make, user_models: Path, tmp_path: Path) -> None:
    folder, _ = make_monai(edit=lambda metadata, _: metadata.pop("name"))
    assert store.import_bundle(zipped(folder, tmp_path / "Brats-MRI_v0.3.0.zip")).name == "brats_mri"


def test_import_twice_needs_a_word(make_monai: Make, user_models: Path) -> None:
    folder, _ = make_monai()
    store.import_bundle(folder)
    with pytest.raises(RefusedInput, match="already there.*--name"):
        store.import_bundle(folder)
    store.import_bundle(folder, overwrite=True)
    assert store.verify(str(store.import_bundle(folder, name="other")))["name"] == "other"


def _network(**changes: Any) -> Edit:
    return lambda _, config: config["network_def"].update(changes)


def _step(place: str, step: dict[str, Any]) -> Edit:
    return lambda _, config: config[place]["transforms"].append(step)


def _channels(side: str, name: str, **channels: str) -> Edit:
    def edit(metadata: dict[str, Any], _: dict[str, Any]) -> None:
        entry = metadata["network_data_format"][side][name]
        entry["channel_def"].update(channels)
        entry["num_channels"] = len(entry["channel_def"])

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_network(_target_="VNet"), r"this network is not run here.*VNet.*only MONAI's own"),
        (_network(_target_="scripts.net.Mine"), r"not run here.*scripts\.net\.Mine.*code .* never run"),
        (_network(_target_="os.system"), "not run here"),
        (_network(init_filters="$__import__('os').system('touch ran')"), "an expression is not run.*os"),
        (_network(init_filters="%configs/other.json"), "an expression is not run"),
        (_network(init_filters="@network"), "an expression is not run"),
        (_network(init_filters="@absent::part"), "leads nowhere"),
        (_network(init_filters="@network_def::init_filters"), "nested too deeply"),
        (_network(_requires_="$os.system('touch ran')"), "expression is not run"),
        (_network(_requires_="word"), "not an argument of a network.*_requires_"),
        (_network(act={"_target_": "os.system"}), "act: not a plain value.*os.system"),
        (_network(wings=2), "cannot be built.*wings"),
        (_network(in_channels=10**9), "not a plain value"),
        (_network(in_channels=3), "do not fit.*4 channels"),
        (_network(out_channels=4), "do not fit.*3 regions"),
        (_network(init_filters=16), "do not fit.*instead of"),
        (lambda _, config: config.update(network_def="$os.system('touch ran')"), "expression is not run"),
        (lambda _, config: config.pop("network_def"), "'network_def' is missing"),
        (lambda _, config: config["inferer"].update(roi_size=[8, 8]), "not a window"),
        (lambda _, config: config["inferer"].update(_target_="SimpleInferer"), "way of inference.*SimpleInferer"),
        (_step("preprocessing", {"_target_": "scripts.t.Mine"}), "not MONAI's own.*scripts"),
        (_step("preprocessing", {"_target_": "Spacingd", "pixdim": [2, 2, 2]}), "not done here.*Spacingd"),
        (_step("preprocessing", {"_target_": "Orientationd", "axcodes": "RAR"}), "not an orientation"),
        (lambda _, config: config["preprocessing"]["transforms"].pop(), "no normalisation"),
        (_step("postprocessing", {"_target_": "Activationsd", "softmax": True}), "overlapping"),
        (_step("postprocessing", {"_target_": "AsDiscreted", "argmax": True}), "overlapping"),
        (_channels("inputs", "image", **{"1": "T2"}), "channel 2 is not known, or comes twice.*T2"),
        (_channels("inputs", "image", **{"1": "ADC"}), "channel 1 is not known.*ADC"),
        (_channels("inputs", "image", **{"4": "ADC"}), "channel 4 is not known.*ADC"),
        (_channels("outputs", "pred", **{"2": "Edema"}), "channel 2 is not known.*Edema"),
        (lambda data, _: data["network_data_format"]["inputs"]["image"].update(num_channels=3), "3 and 4 names"),
        (lambda metadata, _: metadata.pop("network_data_format"), "channels are not named"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_by_name(
    make_monai: Make, user_models: Path, tmp_path: Path, edit: Edit, message: str
) -> None:
    folder, _ = make_monai(edit=edit)
    with pytest.raises(RefusedInput, match=message):
        store.import_bundle(folder)
    assert not list(user_models.iterdir())
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("name", ["configs/metadata.json", "configs/inference.json", "models/model.pt"])
def test_a_missing_file_is_named(make_monai: Make, user_models: Path, name: str) -> None:
    folder, _ = make_monai()
    (folder / name).unlink()
    with pytest.raises(RefusedInput, match=name.replace(".", r"\.")):
        store.import_bundle(folder)


class _Touches:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch ran",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_Touches(), "not a file of weights only"),
        (torch.nn.Linear(2, 2), "not a file of weights only"),
        ([torch.zeros(1)], "not a table of tensors"),
        ({"weight": "text"}, "not a table of tensors"),
        ({"weight": torch.full((1,), torch.nan)}, "no numbers"),
        ({"weight": torch.zeros(1)}, "do not fit"),
    ],
    ids=["code", "object", "list", "text", "nan", "other"],
)
def test_weights_are_tensors_or_refused(
    make_monai: Make, user_models: Path, tmp_path: Path, content: Any, message: str
) -> None:
    folder, _ = make_monai()
    torch.save(content, folder / "models" / "model.pt")
    with pytest.raises(RefusedInput, match=message):
        store.import_bundle(folder)
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("half", [False, True], ids=["whole", "truncated"])
@pytest.mark.filterwarnings("error")
def test_unreadable_weights_are_refused_in_our_words(make_monai: Make, user_models: Path, half: bool) -> None:
    folder, _ = make_monai()
    file = folder / "models" / "model.pt"
    torch.save(torch.nn.Linear(2, 2), file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if half else file.read_bytes())
    with pytest.raises(RefusedInput, match="not a file of weights only") as refused:
        store.import_bundle(folder)
    assert refused.value.found == (
        "the file is damaged or not whole" if half else "an object that is no table of tensors"
    )
    assert "weights_only" not in str(refused.value)


@pytest.mark.parametrize("name", ["../escaped.json", "brats/../../escaped.json", "/escaped.json"])
def test_a_path_that_leads_out_is_refused(make_monai: Make, user_models: Path, tmp_path: Path, name: str) -> None:
    archive = zipped(make_monai()[0], tmp_path / "b.zip", name)
    with pytest.raises(RefusedInput, match="out of the bundle"):
        store.import_bundle(archive)
    assert not list(tmp_path.rglob("escaped.json"))
    assert not list(user_models.iterdir())


def test_a_link_in_a_tar_file_is_refused(make_monai: Make, user_models: Path, tmp_path: Path) -> None:
    folder, _ = make_monai()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "LICENSE").unlink()
    (folder / "LICENSE").symlink_to(tmp_path / "secret.txt")
    for source in (folder, tarred(folder, tmp_path / "b.tar.gz")):
        with pytest.raises(RefusedInput, match="link"):
            store.import_bundle(source)


def test_an_old_pytorch_does_not_open_pickles(
    make_monai: Make, user_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = make_monai()
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(RefusedInput, match=r"2\.5\.1.*update torch"):
        store.import_bundle(folder)


def test_without_monai_the_remedy_is_said(make_monai: Make, user_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = make_monai()

    def absent(_: str) -> Any:
        msg = "No module named 'monai'"
        raise ImportError(msg)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(RefusedInput, match=r"needs the package monai.*glioma-radiomics\[monai\]"):
        monai_nets.monai("networks.nets")
    with pytest.raises(RefusedInput, match="needs the package monai"):
        store.import_bundle(folder)
