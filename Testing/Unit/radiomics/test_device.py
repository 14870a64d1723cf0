"""With torch the numbers are those of numpy; ``auto`` needs neither torch nor a GPU."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics import device
from GliomaRadiomicsLib.radiomics.engine import extract_case
from GliomaRadiomicsLib.radiomics.filters.options import image_types_from
from GliomaRadiomicsLib.radiomics.voxel_maps import MAPPED, voxel_maps

TYPES = image_types_from({"Original": {}, "LoG": {"sigma": [1.0, 2.5]}, "Wavelet": {}, "Gradient": {}}, {})


@pytest.fixture(params=["cpu", "cuda"])
def with_torch(request, monkeypatch):
    """Torch computes, on the CPU or on a GPU, and the names of its steps that were taken are written down."""
    torch = pytest.importorskip("torch")
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("SKIPPED: needs a CUDA device")
    taken = set()

    def _watch(place, name):
        original = getattr(place, name)

        def _watched(*arguments, **options):
            taken.add(name)
            return original(*arguments, **options)

        monkeypatch.setattr(place, name, _watched)

    _watch(torch, "tensordot")
    _watch(torch.linalg, "svdvals")
    _watch(torch.Tensor, "sort")
    monkeypatch.setattr(device, "torch_device", lambda wanted: "" if wanted == "cpu" else request.param)
    return taken


def _patient():
    rng = np.random.default_rng(3)
    affine = np.diag([1.0, 1.2, 2.0, 1.0])
    labels = np.zeros((30, 26, 14), dtype=np.uint8)
    labels[8:20, 7:17, 4:10] = 2
    labels[11:16, 9:14, 5:8] = 4
    image = rng.normal(300, 40, labels.shape).cumsum(axis=0).astype(np.float32)
    return {"t1ce": Volume(image, affine)}, Volume(labels, affine)


def test_case_is_the_same_with_torch(with_torch):
    expected = extract_case(*_patient(), ("WT", "ET"), image_types=TYPES)
    assert not with_torch
    found = extract_case(*_patient(), ("WT", "ET"), image_types=TYPES, device="auto")
    assert with_torch == {"tensordot"}
    assert [row.feature for row in found] == [row.feature for row in expected]
    names = [f"{row.region} {row.feature}" for row in expected]
    values = {name: row.value for name, row in zip(names, found, strict=True)}
    assert values == pytest.approx(
        {name: row.value for name, row in zip(names, expected, strict=True)}, rel=1e-6, abs=1e-9, nan_ok=True
    )


def test_maps_are_the_same_with_torch(with_torch):
    volumes, labels = _patient()
    image, families = volumes["t1ce"], list(MAPPED)
    expected = dict(voxel_maps(image, labels, families, label=4))
    assert not with_torch
    found = dict(voxel_maps(image, labels, families, label=4, device="auto"))
    assert with_torch == {"sort", "svdvals"}
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name].array, values.array, rtol=1e-6, atol=1e-6, err_msg=name)


def test_numpy_computes_again_afterwards(with_torch):
    with device.computing_on("auto"):
        device.ascending(np.array([2, 1]))
    with_torch.clear()
    assert device.ascending(np.array([3, 1, 2])).tolist() == [1, 2, 3]
    assert not with_torch


def test_auto_needs_no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(device, "_driver", lambda: True)
    expected = extract_case(*_patient(), ("ET",))
    assert [row.value for row in extract_case(*_patient(), ("ET",), device="auto")] == pytest.approx(
        [row.value for row in expected], nan_ok=True, rel=0
    )
    with pytest.raises(RefusedInput, match="no CUDA device"):
        extract_case(*_patient(), ("ET",), device="cuda")


def test_auto_does_not_import_torch_without_a_driver(monkeypatch):
    monkeypatch.setattr(device, "_DRIVERS", ("libno-such-driver.so",))
    monkeypatch.setattr(device, "_cuda", lambda: pytest.fail("torch was looked for"))
    assert device.torch_device("auto") == ""


def test_unknown_device_is_refused():
    with pytest.raises(RefusedInput, match="unknown device"):
        extract_case(*_patient(), ("ET",), device="tpu")
