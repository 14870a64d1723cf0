"""`python -m GliomaRadiomicsLib.webapp SETTINGS`: what `glioma-radiomics app` starts; SETTINGS is one JSON object."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from GliomaRadiomicsLib.core.errors import RefusedInput

_NEEDED = ("aiohttp", "slicer", "trame_slicer", "trame_vuetify", "plotly")


def main(arguments: list[str]) -> None:
    """Serve; see `front.FrontSettings` for the settings.

    Raises:
        RefusedInput: If a package is missing, or the server cannot be started so.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise RefusedInput(
            what="the browser app needs packages that are not installed",
            found=", ".join(missing),
            remedy="pip install 'glioma-radiomics[app]'",
        )
    from GliomaRadiomicsLib.webapp.front import FrontSettings, serve, settings_from_json

    serve(settings_from_json(arguments[0]) if arguments else FrontSettings())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RefusedInput as refusal:
        sys.exit(f"glioma-radiomics app: {refusal}")
