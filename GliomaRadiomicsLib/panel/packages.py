"""Python packages the chain needs, installed with the user's consent when the first run is started."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput

TORCH_REQUIREMENT = ">=2.2"
_REQUESTER = "GliomaRadiomics"


def ensure_packages(requirements: str | Path, *, torch: bool = True) -> None:
    """Install what is missing, after asking.

    Args:
        requirements: Path of ``requirements.txt``; PyTorch is not in it, the PyTorch extension brings it.
        torch: Whether PyTorch is needed too; images are read without it.

    Raises:
        Cancelled: If the user declines.
        RefusedInput: If PyTorch is missing and so is the extension that installs it.
    """
    if torch:
        _ensure_torch()
    try:
        from slicer.packaging import load_requirements, pip_ensure
    except ImportError:
        _ensure_with_pip_install(Path(requirements))
        return
    try:
        pip_ensure(load_requirements(requirements), requester=_REQUESTER)
    except RuntimeError as error:
        raise Cancelled(_declined(str(error))) from error


def missing_packages(requirements: Path) -> list[str]:
    """Requirement lines whose package is not installed (versions are left to pip)."""
    lines = (line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not _is_installed(line)]


def _ensure_with_pip_install(requirements: Path) -> None:
    """For 3D Slicer 5.10, which has no ``slicer.packaging``."""
    missing = missing_packages(requirements)
    if not missing:
        return
    names = ", ".join(missing)
    question = f"{_('Glioma Radiomics needs these Python packages')}: {names}.\n\n{_('Install them now?')}"
    if not slicer.util.confirmOkCancelDisplay(question, windowTitle="Glioma Radiomics"):
        raise Cancelled(_declined(names))
    slicer.util.pip_install(missing)


def _ensure_torch() -> None:
    if find_spec("torch") is not None:
        return
    try:
        import PyTorchUtils
    except ImportError as error:
        raise RefusedInput(
            what=_("PyTorch is missing"),
            remedy=_("install the extension PyTorch in the Extensions Manager and restart 3D Slicer"),
        ) from error
    torch = PyTorchUtils.PyTorchUtilsLogic().installTorch(
        askConfirmation=True, torchVersionRequirement=TORCH_REQUIREMENT
    )
    if torch is None:
        raise Cancelled(_declined("PyTorch"))


def _is_installed(requirement: str) -> bool:
    name = requirement
    for separator in "<>=!~[; ":
        name = name.split(separator)[0]
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _declined(what: str) -> str:
    return f"{_('nothing was installed, so nothing was run')} ({what})"
