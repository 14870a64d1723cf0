"""The backbones against the published architectures: names, shapes, number of parameters, and MONAI's results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.models.backbone_registry import BACKBONES
from GliomaRadiomicsLib.networks.efficientnet import efficientnet_b0
from GliomaRadiomicsLib.networks.mobilenet import MobileNetV2
from GliomaRadiomicsLib.networks.resnet import resnet10, resnet18, resnet50
from GliomaRadiomicsLib.networks.vgg import VGG

Shapes = Iterator[tuple[str, tuple[int, ...]]]
PARAMETERS = {
    "alexnet": 61_100_840,
    "efficientnet_b0": 5_288_548,
    "efficientnet_b3": 12_233_232,
    "mobilenet_v2": 3_504_872,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
}
"""As torchvision's documentation states them."""


def _layer(name: str, *weight: int, bias: bool = True) -> Shapes:
    yield f"{name}.weight", weight
    if bias:
        yield f"{name}.bias", weight[:1]


def _norm(name: str, channels: int) -> Shapes:
    yield from _layer(name, channels)
    yield f"{name}.running_mean", (channels,)
    yield f"{name}.running_var", (channels,)
    yield f"{name}.num_batches_tracked", ()


def _conv_norm(name: str, channels_out: int, channels_in: int, kernel: int) -> Shapes:
    yield from _layer(f"{name}.0", channels_out, channels_in, kernel, kernel, bias=False)
    yield from _norm(f"{name}.1", channels_out)


def _vgg(counts: tuple[int, ...]) -> Shapes:
    index, before = 0, 3
    for width, count in zip((64, 128, 256, 512, 512), counts, strict=True):
        for _ in range(count):
            yield from _layer(f"features.{index}", width, before, 3, 3)
            index, before = index + 2, width
        index += 1
    for index, (channels_out, channels_in) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        yield from _layer(f"classifier.{index}", channels_out, channels_in)


def _alexnet() -> Shapes:
    convolutions = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    for index, (channels_out, channels_in, kernel) in convolutions.items():
        yield from _layer(f"features.{index}", channels_out, channels_in, kernel, kernel)
    for index, (channels_out, channels_in) in {1: (4096, 9216), 4: (4096, 4096), 6: (1000, 4096)}.items():
        yield from _layer(f"classifier.{index}", channels_out, channels_in)


def _resnet(counts: tuple[int, ...], kernels: tuple[int, ...], expansion: int) -> Shapes:
    yield from _layer("conv1", 64, 3, 7, 7, bias=False)
    yield from _norm("bn1", 64)
    before = 64
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512), counts, strict=True), start=1):
        for block in range(count):
            start, name = before, f"layer{stage}.{block}"
            for position, kernel in enumerate(kernels, start=1):
                after = width * expansion if position == len(kernels) else width
                yield from _layer(f"{name}.conv{position}", after, before, kernel, kernel, bias=False)
                yield from _norm(f"{name}.bn{position}", after)
                before = after
            if block == 0 and (stage > 1 or start != before):
                yield from _conv_norm(f"{name}.downsample", before, start, 1)
    yield from _layer("fc", 1000, before)


def _efficientnet(stem: int, stages: tuple[tuple[int, int, int, int], ...], head: int) -> Shapes:
    """``stages``: expansion, kernel, channels out, blocks."""
    yield from _conv_norm("features.0", stem, 3, 3)
    before = stem
    for stage, (expansion, kernel, channels, count) in enumerate(stages, start=1):
        for block in range(count):
            name, inner, squeezed = f"features.{stage}.{block}.block", before * expansion, before // 4
            first = int(expansion > 1)
            if first:
                yield from _conv_norm(f"{name}.0", inner, before, 1)
            yield from _conv_norm(f"{name}.{first}", inner, 1, kernel)
            yield from _layer(f"{name}.{first + 1}.fc1", squeezed, inner, 1, 1)
            yield from _layer(f"{name}.{first + 1}.fc2", inner, squeezed, 1, 1)
            yield from _conv_norm(f"{name}.{first + 2}", channels, inner, 1)
            before = channels
    yield from _conv_norm("features.8", head, before, 1)
    yield from _layer("classifier.1", 1000, head)


def _mobilenet() -> Shapes:
    yield from _conv_norm("features.0", 32, 3, 3)
    before, index = 32, 1
    stages = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
    for expansion, channels, count in stages:
        for _ in range(count):
            name, inner, first = f"features.{index}.conv", before * expansion, int(expansion > 1)
            if first:
                yield from _conv_norm(f"{name}.0", inner, before, 1)
            yield from _conv_norm(f"{name}.{first}", inner, 1, 3)
            yield from _layer(f"{name}.{first + 1}", channels, inner, 1, 1, bias=False)
            yield from _norm(f"{name}.{first + 2}", channels)
            before, index = channels, index + 1
    yield from _conv_norm("features.18", 1280, before, 1)
    yield from _layer("classifier.1", 1000, 1280)


B0 = ((1, 3, 16, 1), (6, 3, 24, 2), (6, 5, 40, 2), (6, 3, 80, 3), (6, 5, 112, 3), (6, 5, 192, 4), (6, 3, 320, 1))
B3 = ((1, 3, 24, 2), (6, 3, 32, 3), (6, 5, 48, 3), (6, 3, 96, 5), (6, 5, 136, 5), (6, 5, 232, 6), (6, 3, 384, 2))
PUBLISHED: dict[str, Callable[[], Shapes]] = {
    "alexnet": _alexnet,
    "efficientnet_b0": lambda: _efficientnet(32, B0, 1280),
    "efficientnet_b3": lambda: _efficientnet(40, B3, 1536),
    "mobilenet_v2": _mobilenet,
    "resnet10": lambda: _resnet((1, 1, 1, 1), (3, 3), 1),
    "resnet18": lambda: _resnet((2, 2, 2, 2), (3, 3), 1),
    "resnet50": lambda: _resnet((3, 4, 6, 3), (1, 3, 1), 4),
    "vgg16": lambda: _vgg((2, 2, 3, 3, 3)),
    "vgg19": lambda: _vgg((2, 2, 4, 4, 4)),
}


def _on_meta(name: str) -> nn.Module:
    """The network without memory or computation."""
    with torch.device("meta"):
        return BACKBONES[name].build()


@pytest.mark.parametrize("name", list(BACKBONES))
def test_names_and_shapes_are_the_published_ones(name: str) -> None:
    state = {key: torch.empty(shape, device="meta") for key, shape in PUBLISHED[name]()}
    network = _on_meta(name)
    network.load_state_dict(state, strict=True, assign=True)
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == dict(PUBLISHED[name]())


@pytest.mark.parametrize(("name", "expected"), list(PARAMETERS.items()))
def test_number_of_parameters(name: str, expected: int) -> None:
    assert sum(parameter.numel() for parameter in _on_meta(name).parameters()) == expected


@pytest.mark.parametrize("name", list(BACKBONES))
def test_sizes_of_logits_and_embedding(name: str) -> None:
    network = _on_meta(name).eval()
    image = torch.empty((2, 3, 224, 224), device="meta")
    assert network(image).shape == (2, 1000)
    assert network.embed(image).shape == (2, BACKBONES[name].embedding_size)


def _scrambled(network: nn.Module) -> nn.Module:
    """Every tensor of the state has a part in the result."""
    torch.manual_seed(3)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
                tensor.uniform_(0.8, 1.2)
            elif tensor.ndim == 1:
                tensor.normal_(0.0, 0.1)
    return network.eval()


def _assert_same(found: torch.Tensor, expected: torch.Tensor) -> None:
    scale = expected.abs().max()
    assert scale > 1e-3
    assert ((found - expected).abs().max() / scale).item() < 1e-5


@pytest.mark.parametrize(
    ("make", "kind", "counts"),
    [
        (resnet10, "basic", [1, 1, 1, 1]),
        (resnet18, "basic", [2, 2, 2, 2]),
        (resnet50, "bottleneck", [3, 4, 6, 3]),
    ],
)
def test_resnet_computes_what_monai_computes(make: Callable[[], nn.Module], kind: str, counts: list[int]) -> None:
    from monai.networks.nets import ResNet

    network = _scrambled(make())
    options = {"spatial_dims": 2, "n_input_channels": 3, "conv1_t_stride": 2, "num_classes": 1000}
    reference = ResNet(kind, counts, [64, 128, 256, 512], bias_downsample=False, **options)
    reference.load_state_dict(network.state_dict(), strict=True)
    image = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        _assert_same(network(image), reference.eval()(image))


def test_efficientnet_computes_what_monai_computes() -> None:
    """MONAI's layers with torchvision's padding and epsilon, as MONAI pads like TensorFlow."""
    from monai.networks.nets import EfficientNetBN

    network = _scrambled(efficientnet_b0())
    reference = EfficientNetBN("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=3, num_classes=1000)
    own = network.state_dict()
    names = list(reference.state_dict())
    assert [tuple(t.shape) for t in own.values()] == [tuple(t.shape) for t in reference.state_dict().values()]
    reference.load_state_dict(dict(zip(names, own.values(), strict=True)), strict=True)
    reference._conv_stem_padding = nn.ZeroPad2d(1)
    for layer in reference.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 1e-5
        if hasattr(layer, "_depthwise_conv_padding"):
            layer._depthwise_conv_padding = nn.ZeroPad2d(layer._depthwise_conv.kernel_size[0] // 2)
    image = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        _assert_same(network(image), reference.eval()(image))


def _batch_norm(state: dict[str, torch.Tensor], name: str, x: torch.Tensor) -> torch.Tensor:
    own = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(x, *own)


def test_mobilenet_computes_the_published_formula() -> None:
    network = _scrambled(MobileNetV2())
    state = network.state_dict()
    image = torch.randn(1, 3, 64, 64)
    strides = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]

    def conv(name: str, norm: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight = state[f"{name}.weight"]
        groups = x.shape[1] // weight.shape[1]
        y = functional.conv2d(x, weight, None, stride, weight.shape[-1] // 2, 1, groups)
        return _batch_norm(state, norm, y)

    x = functional.relu6(conv("features.0.0", "features.0.1", image, 2))
    for index, stride in enumerate(strides, start=1):
        block, y = f"features.{index}.conv", x
        if index > 1:
            y = functional.relu6(conv(f"{block}.0.0", f"{block}.0.1", y))
        depthwise = int(index > 1)
        y = functional.relu6(conv(f"{block}.{depthwise}.0", f"{block}.{depthwise}.1", y, stride))
        y = conv(f"{block}.{depthwise + 1}", f"{block}.{depthwise + 2}", y)
        x = x + y if stride == 1 and x.shape[1] == y.shape[1] else y
    x = functional.relu6(conv("features.18.0", "features.18.1", x)).mean((2, 3))
    with torch.no_grad():
        _assert_same(network(image), functional.linear(x, state["classifier.1.weight"], state["classifier.1.bias"]))


def test_vgg_embedding_is_the_first_two_fully_connected_layers() -> None:
    network = _scrambled(VGG((1, 1, 1, 1, 1)))
    image = torch.randn(2, 3, 64, 64)
    x = image
    for layer in (0, 3, 6, 9, 12):
        part = network.features[layer]
        x = functional.max_pool2d(torch.relu(functional.conv2d(x, part.weight, part.bias, padding=1)), 2)
    x = functional.adaptive_avg_pool2d(x, 7).flatten(1)
    first = torch.relu(functional.linear(x, network.classifier[0].weight, network.classifier[0].bias))
    second = torch.relu(functional.linear(first, network.classifier[3].weight, network.classifier[3].bias))
    with torch.no_grad():
        embedded = network.embed(image)
        _assert_same(embedded[:, :4096], first)
        _assert_same(embedded[:, 4096:], second)
        _assert_same(network(image), network.classifier[6](second))


def test_stochastic_depth_only_while_training() -> None:
    torch.manual_seed(0)
    network = efficientnet_b0()
    image = torch.randn(8, 3, 64, 64)
    with torch.no_grad():
        network.features[5].train()
        assert not torch.equal(network.features(image), network.features(image))
        network.eval()
        assert torch.equal(network.features(image), network.features(image))
