"""Networks of MONAI by name, from plain values only: nothing a bundle says is ever run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput

if TYPE_CHECKING:
    from torch import nn

PREFIX = "monai.networks.nets."
NETWORKS = ("BasicUNet", "DynUNet", "SegResNet", "UNet")
"""Classes of ``monai.networks.nets`` that take images ``(b, c, i, j, k)`` and give logits of the same grid."""

_MODULES = {name: f"{PREFIX}{name.lower()}.{name}" for name in NETWORKS} | {
    "BasicUNet": f"{PREFIX}basic_unet.BasicUNet"
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
_MOST, _LONGEST, _DEEPEST = 4096, 64, 3


def network_name(target: object) -> str:
    """Name in `NETWORKS` of a ``_target_``: ``SegResNet`` or ``monai.networks.nets.SegResNet``.

    Raises:
        RefusedInput: If it is no network of the list.
    """
    for name in NETWORKS:
        if target in (name, PREFIX + name, _MODULES[name]):
            return name
    raise RefusedInput(
        what="this network is not run here",
        where="network_def",
        found=target,
        remedy=f"only MONAI's own {', '.join(NETWORKS)} are; code that comes with a bundle is never run",
    )


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Check that a network is described by plain values: numbers, yes or no, words and lists of them.

    Raises:
        RefusedInput: Naming the first argument that is something else.
    """
    for key, value in arguments.items():
        if not isinstance(key, str) or not key.isidentifier() or key.startswith("_"):
            remedy = "a network is described by its class and plain arguments only"
            raise RefusedInput(what="not an argument of a network", where="network_def", found=key, remedy=remedy)
        if not _is_plain(value):
            remedy = f"give a number up to {_MOST}, a word or a list of them; expressions and code are never run"
            raise RefusedInput(what="not a plain value", where=f"network_def: {key}", found=value, remedy=remedy)


def build(name: str, arguments: Mapping[str, Any]) -> nn.Module:
    """The network, with random weights; on the ``meta`` device it takes neither time nor memory.

    Args:
        name: Of `NETWORKS`.
        arguments: Of its constructor; plain values.

    Raises:
        RefusedInput: If MONAI is not installed, the name is not in the list, or the arguments are not its own.
    """
    network_name(name)
    check_arguments(arguments)
    kind = getattr(monai("networks.nets"), name)
    try:
        return kind(**arguments)
    except (TypeError, ValueError, KeyError, IndexError, AssertionError, NotImplementedError, RuntimeError) as error:
        raise RefusedInput(
            what=f"{name} cannot be built from these arguments",
            where="network_def",
            found=error,
            remedy="correct the bundle, or use it with the version of MONAI it was made for",
        ) from error


def monai(module: str) -> Any:
    """A module of MONAI.

    Raises:
        RefusedInput: If MONAI is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"monai.{module}")
    except ImportError as error:
        raise RefusedInput(
            what="a MONAI bundle needs the package monai", found=error, remedy='pip install "glioma-radiomics[monai]"'
        ) from error


def _is_plain(value: Any, depth: int = 0) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return abs(value) <= _MOST
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None
    if isinstance(value, list | tuple):
        return depth < _DEEPEST and len(value) <= _LONGEST and all(_is_plain(item, depth + 1) for item in value)
    return False
