"""The waiting side of `GliomaRadiomicsLib.pipeline.spare`: import what a run needs, then wait for one job.

A line of JSON on standard input names the job: ``{"job": its folder, "folder": the working directory}``. The end of
standard input means that the process that started this one is gone.
"""

from __future__ import annotations

import _thread
import importlib
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path

READY = "ready"
_HEAVY = (
    "GliomaRadiomicsLib.pipeline.case",
    "GliomaRadiomicsLib.radiomics.cases",
    "GliomaRadiomicsLib.systems.segmentation.predict",
    "GliomaRadiomicsLib.systems.brain_extraction.predict",
    "GliomaRadiomicsLib.networks.segmentation_net",
    "GliomaRadiomicsLib.reports.html",
    "matplotlib.figure",
)
"""Modules that a run imports where it needs them; the systems come on top."""


def wait_for_job(idle_s: float) -> Path | None:
    """Import everything a run needs, say `READY` on standard output, and wait.

    Once there is a job, standard output and error go to the files of its folder, and the end of standard input cancels.

    Args:
        idle_s: Seconds to wait, counted from when everything is imported.

    Returns:
        The folder of the job, or None if there was none in time.
    """
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    pipe = os.dup(0)
    _point(0, Path(os.devnull), os.O_RDONLY)
    threading.Thread(target=_listen, args=(pipe, lines), daemon=True).start()
    _import_all()
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    try:
        job = json.loads(lines.get(timeout=idle_s))
    except queue.Empty:
        return None
    folder = Path(job["job"])
    os.chdir(job["folder"])
    for number, name in ((1, "events.jsonl"), (2, "log.txt")):
        _point(number, folder / name, os.O_WRONLY | os.O_APPEND)
    return folder


def _listen(pipe: int, lines: queue.SimpleQueue[bytes]) -> None:
    """Pass on the one line, then look out for the end; needs no lock that could stand in the way of this process's."""
    with os.fdopen(pipe, "rb", buffering=0) as stream:
        line = stream.readline()
        if not line:
            os._exit(0)
        lines.put(line)
        stream.read()
    _cancel()


def _cancel() -> None:
    """End this process and those it started as a cancel does."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    elif os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def _import_all() -> None:
    from GliomaRadiomicsLib.systems import registry

    for name in _HEAVY:
        importlib.import_module(name)
    for name in registry.names():
        registry.system_class(name)


def _point(number: int, path: Path, flags: int) -> None:
    """Make a file descriptor mean a file."""
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    os.dup2(handle, number)
    os.close(handle)
