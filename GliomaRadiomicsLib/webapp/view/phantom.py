"""The phantom patient for trying the app, made in a process of its own: `python -m ...view.phantom FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import DEMO_SEED
from GliomaRadiomicsLib.pipeline.processes import find_python, worker_environment

_SHAPE, _SPACING_MM = (120, 120, 78), 2.0
_OUTLINE = "phantom_seg.nii.gz"


async def make(folder: Path) -> None:
    """Write the four images of the phantom patient into ``folder``.

    Raises:
        RefusedInput: If that failed.
    """
    folder.mkdir(parents=True)
    process = await asyncio.create_subprocess_exec(
        find_python(), "-m", __name__, str(folder), env=worker_environment(), stdin=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise RefusedInput(what="the phantom patient could not be made", remedy="look at the log of the server")


def main(folder: Path) -> None:
    """Make and write it."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom

    write_phantom(make_phantom(DEMO_SEED, shape=_SHAPE, spacing_mm=_SPACING_MM), folder)
    (folder / _OUTLINE).unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
