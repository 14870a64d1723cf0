"""`glioma-radiomics`: parses the command line, runs a command, turns every ending into an exit code and one line."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.version import VERSION

DONE, FAILED, REFUSED, CANCELLED = 0, 1, 2, 130

COMMANDS = {
    "demo": "run the whole chain on the built-in phantom patient",
    "check": "input passport: can these images be used?",
    "analyze": "one patient from images to report and scene",
    "preprocess": "align the images of one patient, remove the skull, correct the shading and normalise",
    "features": "measure radiomic features of images inside a mask",
    "train": "train a system on a cohort",
    "evaluate": "measure a trained model on a cohort",
    "cohort": "every patient of a table, with resume, on one machine or a Dask cluster",
    "models": "list, show, import and verify models",
    "export": "a finished result as DICOM SEG, SR or RTSTRUCT, or as a scene of 3D Slicer",
    "app": "the panel and its views in a browser",
    "worker": "run a job folder (started by the panel)",
}
"""Commands and what they do; each is a module of the same name in `cli.commands` with `add_arguments` and `run`."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(REFUSED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 2 refused, 1 failed, 130 cancelled)."""
    parser = _parser(list(sys.argv[1:] if arguments is None else arguments))
    options = parser.parse_args(arguments)
    _cancel_on_termination()
    try:
        code = int(options.run(options) or DONE)
        sys.stdout.flush()
        return code
    except RefusedInput as error:
        return _say(REFUSED, str(error))
    except (Cancelled, KeyboardInterrupt):
        return _say(CANCELLED, "cancelled; nothing was written")
    except BrokenPipeError:
        return _reader_gone()
    except OSError as error:
        return _os_error(error, options.debug)
    except Exception as error:  # noqa: BLE001 - the last line of defence turns it into exit code 1
        return _failure(error, options.debug)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="glioma-radiomics", description="Segment, measure, grade and explain gliomas. Not a medical device."
    )
    parser.add_argument("--version", action="version", version=f"glioma-radiomics {VERSION}")
    parser.add_argument("--debug", action="store_true", help="show the full trace of an internal failure")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    asked_for = next((word for word in arguments if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        if name == asked_for:
            module = importlib.import_module(f"GliomaRadiomicsLib.cli.commands.{name}")
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def _cancel_on_termination() -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _say(code: int, message: str) -> int:
    print("glioma-radiomics: " + " ".join(message.split()), file=sys.stderr)
    return code


def _reader_gone() -> int:
    """What the output was piped to has closed; what is still buffered goes nowhere, so that Python's exit is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return CANCELLED


def _os_error(error: OSError, debug: bool) -> int:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _say(
            REFUSED, f"the disk is full ({error.filename or 'output'}); free some space or choose another --out"
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return _say(REFUSED, f"{error.filename}: not allowed ({os.strerror(error.errno)}); check the permissions")
    return _failure(error, debug)


def _failure(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    return _say(
        FAILED, f"internal failure: {type(error).__name__}: {error} (run with --debug before the command for the trace)"
    )
