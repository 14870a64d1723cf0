"""Backbones of the store: installed from an address or a file, verified, refused, or random and marked so."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models import backbones, store
from GliomaRadiomicsLib.models.backbone_registry import BACKBONES
from GliomaRadiomicsLib.networks.mobilenet import MobileNetV2

NAME = "mobilenet_v2"


@pytest.fixture(scope="session")
def content() -> bytes:
    """A file of weights as torchvision writes them, without the counters of batches."""
    torch.manual_seed(1)
    state = {key: value for key, value in MobileNetV2().state_dict().items() if "num_batches" not in key}
    written = io.BytesIO()
    torch.save(state, written)
    return written.getvalue()


@pytest.fixture
def published(tmp_path: Path, content: bytes, user_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The generated file stands for the published one, on a local server."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "weights.pth").write_bytes(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _quiet(folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _publish(monkeypatch, content, f"http://127.0.0.1:{server.server_port}/")
    yield folder / "weights.pth"
    server.shutdown()
    server.server_close()


def _publish(monkeypatch: pytest.MonkeyPatch, content: bytes, address: str = "file:///absent/") -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    entry = replace(BACKBONES[NAME], file="weights.pth", sha256=sha256, address=address)
    monkeypatch.setitem(BACKBONES, NAME, entry)


def _quiet(folder: Path) -> Callable[..., SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None: ...

    return Handler


def test_every_file_carries_the_start_of_its_own_hash() -> None:
    for entry in BACKBONES.values():
        if entry.file:
            assert entry.file.rsplit("-", 1)[1] == f"{entry.sha256[:8]}.pth"
            assert len(entry.sha256) == 64


def test_download_installs_the_weights_for_use(published: Path, user_models: Path, content: bytes) -> None:
    folder = backbones.download_backbone(NAME)
    assert folder == user_models / NAME
    assert not list((user_models / "weights").iterdir())
    loaded = backbones.load_backbone(NAME)
    expected = torch.load(io.BytesIO(content), weights_only=True)
    own = loaded.network.state_dict()
    assert all(torch.equal(own[key], value) for key, value in expected.items())
    assert not loaded.network.training
    assert loaded.network.embed(torch.zeros(1, 3, 32, 32)).shape == (1, 1280)
    assert loaded.origin.kind == "published"
    assert loaded.origin.sha256 == hashlib.sha256(content).hexdigest()
    assert backbones.restore(loaded.origin.to_dict()).origin == loaded.origin


def test_a_file_fetched_elsewhere_is_imported_under_any_name(published: Path, tmp_path: Path) -> None:
    moved = published.rename(tmp_path / "from-a-colleague.pth")
    backbones.import_backbone(moved)
    assert backbones.load_backbone(NAME).origin.kind == "published"
    with pytest.raises(RefusedInput, match="exists already"):
        backbones.import_backbone(moved)


def test_without_weights_the_three_ways_are_named(user_models: Path) -> None:
    with pytest.raises(RefusedInput) as refused:
        backbones.load_backbone("vgg19")
    for words in ("models download vgg19", "vgg19-dcbb9e9d.pth", "models import FILE", 'mode="random"'):
        assert words in str(refused.value)
    with pytest.raises(RefusedInput, match="no weights of resnet10 are published"):
        backbones.load_backbone("resnet10")
    with pytest.raises(RefusedInput, match="choose from alexnet"):
        backbones.load_backbone("resnet1000")


def test_random_weights_are_marked_and_come_back(user_models: Path) -> None:
    first, other = (backbones.load_backbone("resnet10", mode="random", seed=seed) for seed in (4, 5))
    assert first.origin.kind == "random"
    assert "RANDOM" in first.origin.text
    assert first.origin.sha256 != other.origin.sha256
    again = backbones.restore(first.origin.to_dict())
    assert torch.equal(again.network.layer4[0].conv2.weight, first.network.layer4[0].conv2.weight)
    with pytest.raises(RefusedInput, match="not the weights"):
        backbones.restore({**first.origin.to_dict(), "seed": 5})


def test_an_exchanged_file_is_not_opened(published: Path) -> None:
    published.write_bytes(published.read_bytes() + b"x")
    with pytest.raises(RefusedInput, match=f"weights of {NAME}: the SHA-256 differs"):
        backbones.import_backbone(published)
    with pytest.raises(RefusedInput, match="SHA-256 differs"):
        backbones.download_backbone(NAME)
    assert not backbones.is_installed(NAME)


def test_damaged_installed_weights_are_not_used(published: Path, user_models: Path) -> None:
    backbones.import_backbone(published)
    weights = user_models / NAME / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    with pytest.raises(RefusedInput, match="SHA-256 differs"):
        backbones.load_backbone(NAME)


@pytest.mark.parametrize("change", ["shape", "absent", "more"])
def test_weights_of_another_network_are_refused(
    content: bytes, change: str, user_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.load(io.BytesIO(content), weights_only=True)
    key = "classifier.1.weight"
    if change == "shape":
        state[key] = state[key][:7]
    elif change == "absent":
        del state[key]
    else:
        state[f"{key}.more"] = state[key]
    torch.save(state, tmp_path / "other.pth")
    _publish(monkeypatch, (tmp_path / "other.pth").read_bytes())
    with pytest.raises(RefusedInput, match=f"do not fit.*{key}"):
        backbones.import_backbone(tmp_path / "other.pth")
    assert not backbones.is_installed(NAME)


def test_a_pickle_that_runs_code_is_never_run(user_models: Path, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "was-run",))  # type: ignore[return-value]

    torch.save({"features.0.weight": Harmful()}, tmp_path / "vgg19-dcbb9e9d.pth")
    with pytest.raises(RefusedInput, match="weights of vgg19: the SHA-256 differs"):
        backbones.import_backbone(tmp_path / "vgg19-dcbb9e9d.pth")
    assert not (tmp_path / "was-run").exists()


def test_command_lists_installs_shows_and_verifies(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> str:
        assert main(["models", *words]) == 0
        return capsys.readouterr().out

    def row() -> list[str]:
        return next(line for line in run("list").splitlines() if line.startswith(NAME)).split()

    assert row() == [NAME, "backbone", "IMAGENET1K_V1", "not", "installed"]
    assert "Not installed" in run("info", NAME)
    assert str(store.user_folder() / NAME) in run("download", NAME)
    assert row() == [NAME, "backbone", "IMAGENET1K_V1", "user"]
    assert "BSD-3-Clause" in run("info", NAME)
    assert f"{NAME}: every file has the SHA-256" in run("verify")


def test_command_imports_a_file_of_weights(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "import", str(published)]) == 0
    assert backbones.is_installed(NAME)
    assert main(["models", "import", str(published.with_name("none.pth"))]) == 2
    assert "no such file" in capsys.readouterr().err


def test_command_takes_another_address_of_the_same_file(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "download", NAME, "--url", published.as_uri()]) == 0
    assert backbones.is_installed(NAME)
    assert main(["models", "download", "mine"]) == 2
    assert "give --url and --sha256" in capsys.readouterr().err
