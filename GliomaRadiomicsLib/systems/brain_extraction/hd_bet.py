"""HD-BET as another brain extraction: its own command, where the user has installed it, with weights that are there.

Isensee et al., "Automated brain extraction of multisequence MRI using artificial neural networks", Human Brain Mapping
40:4952 (2019), doi:10.1002/hbm.24750; package ``hd-bet`` 2.x, Apache-2.0. Nothing of it is part of this product.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, write_volume
from GliomaRadiomicsLib.imaging.grid import from_canonical, to_canonical
from GliomaRadiomicsLib.systems.brain_extraction.mask import BrainMask, doubts_of

COMMAND = "hd-bet"
OPTION = "--brain-extraction hd-bet"
TIME_LIMIT_S = 3600
_WEIGHTS = Path("fold_all") / "checkpoint_final.pth"
_NOWHERE = "http://127.0.0.1:9"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_OWN = "or use the product's own network with --brain-extraction own"


def check_installed() -> None:
    """Refuse where HD-BET's command or its weights are not here; nothing is downloaded.

    Raises:
        RefusedInput: With what to install or download.
    """
    if shutil.which(COMMAND) is None:
        raise RefusedInput(
            what="HD-BET is not installed: its command hd-bet was not found",
            where=OPTION,
            remedy=f"pip install hd-bet, {_OWN}",
        )
    if not _weights_file().is_file():
        raise RefusedInput(
            what="the weights of HD-BET are not here, and it would download them by itself",
            where=OPTION,
            found=f"no {_WEIGHTS.as_posix()} in {_shown(_weights_folder())}",
            remedy=f"run hd-bet once yourself on any image, which downloads them from Zenodo, {_OWN}",
        )


def weights_sha256() -> dict[str, str]:
    """SHA-256 of the weights by file name, for the provenance."""
    return {_WEIGHTS.name: sha256_file(_weights_file())}


def extract_brains(volumes: dict[str, Volume], device: str) -> dict[str, BrainMask]:
    """The brain in each image, found by one call of HD-BET, which is kept from the network.

    Args:
        volumes: Images by role, any grid.
        device: ``cpu`` (without mirroring, as HD-BET advises) or ``cuda``.

    Returns:
        By role, on the grid of the image; HD-BET does not say how sure it is.

    Raises:
        RefusedInput: If HD-BET is not here, fails, or gives no mask on the grid of an image.
    """
    check_installed()
    with tempfile.TemporaryDirectory(prefix="glioma-radiomics-hd-bet-") as folder:
        given, found = Path(folder) / "images", Path(folder) / "brains"
        given.mkdir()
        upright = {role: to_canonical(volume) for role, volume in volumes.items()}
        for role, volume in upright.items():
            write_volume(volume.with_array(volume.array.astype(np.float32)), given / f"{role}.nii.gz")
        _run(given, found, device)
        return {role: _mask(found / f"{role}_bet.nii.gz", role, upright[role], volumes[role]) for role in volumes}


def _run(given: Path, found: Path, device: str) -> None:
    command = [shutil.which(COMMAND) or COMMAND, "-i", str(given), "-o", str(found), "-device", device]
    command += ["--save_bet_mask", "--no_bet_image", *(["--disable_tta"] if device == "cpu" else [])]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIME_LIMIT_S,
            check=False,
            env=_offline(),
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        why = "no answer in an hour" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        raise RefusedInput(what="HD-BET failed", where=OPTION, found=why, remedy=_OWN.removeprefix("or ")) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1].replace(str(given.parent), "")
        remedy = f"try hd-bet on one of the images yourself, {_OWN}"
        raise RefusedInput(what="HD-BET failed", where=OPTION, found=last, remedy=remedy)


def _offline() -> dict[str, str]:
    """This environment with the network cut off, so that a release with other weights fails instead of downloading."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ("NO_PROXY", *_PROXIES)}
    return kept | dict.fromkeys(_PROXIES, _NOWHERE) | dict.fromkeys(map(str.lower, _PROXIES), _NOWHERE)


def _mask(path: Path, role: str, upright: Volume, native: Volume) -> BrainMask:
    where = SEQUENCE_NAMES[role]
    if not path.is_file():
        raise RefusedInput(what="HD-BET gave no brain mask", where=where, remedy=_OWN.removeprefix("or "))
    mask = read_volume(path)
    if not mask.same_grid(upright, tolerance_mm=0.01):
        found, remedy = f"voxels {mask.shape} instead of {upright.shape}", "install hd-bet 2.0 or newer"
        raise RefusedInput(what="the mask of HD-BET does not fit", where=where, found=found, remedy=remedy)
    inside = Volume((mask.array > 0).astype(np.uint8), upright.affine, "brain mask")
    ml = float(inside.array.sum(dtype=np.float64)) * inside.voxel_volume_mm3 / 1000.0
    return BrainMask(from_canonical(inside, native), None, ml, doubts_of(inside, ml, None))


def _weights_folder() -> Path:
    """Where HD-BET keeps its weights; asked of its package where that lies in this Python."""
    if find_spec("HD_BET") is not None:
        from importlib import import_module

        return Path(import_module("HD_BET.paths").folder_with_parameter_files)
    return Path.home() / "hd-bet_params" / "release_2.0.0"


def _weights_file() -> Path:
    return _weights_folder() / _WEIGHTS


def _shown(folder: Path) -> str:
    """A folder without the name of the user."""
    return f"~/{folder.relative_to(Path.home()).as_posix()}" if folder.is_relative_to(Path.home()) else folder.name
