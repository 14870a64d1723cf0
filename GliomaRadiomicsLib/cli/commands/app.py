"""`glioma-radiomics app`: the browser app. It lies above the command line, so it is started by its name."""

from __future__ import annotations

import argparse
import importlib
import json

_APP = "GliomaRadiomicsLib.webapp.__main__"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, who may come in, how many at once."""
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (0: any that is free)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--token", help="asked of everyone who comes; made and printed if --host can be reached by other machines"
    )
    parser.add_argument("--sessions", type=int, default=4, metavar="N", help="browsers at the same time (default: 4)")
    parser.add_argument(
        "--idle-minutes",
        type=float,
        default=60.0,
        metavar="N",
        help="end a session, and delete its files, after so long without a sign of life (default: 60)",
    )
    parser.add_argument(
        "--upload-mb", type=int, default=1024, metavar="N", help="largest file that can be uploaded (default: 1024)"
    )


def run(options: argparse.Namespace) -> None:
    """Serve until the command is ended."""
    keys = ("port", "host", "token", "sessions", "idle_minutes", "upload_mb")
    importlib.import_module(_APP).main([json.dumps({key: getattr(options, key) for key in keys})])
