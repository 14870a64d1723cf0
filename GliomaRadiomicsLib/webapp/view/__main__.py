"""`python -m GliomaRadiomicsLib.webapp.view`: started by the front, which writes the settings to standard input.

The process ends when it is asked to, and when standard input ends, because then the front is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import threading

from GliomaRadiomicsLib.webapp.view.settings import ViewSettings


def main() -> None:
    """Serve one session until the end; its folder goes with it."""
    settings = ViewSettings.from_plain(json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_the_front, daemon=True).start()
    sys.argv = sys.argv[:1]
    try:
        asyncio.run(_serve(settings))
    finally:
        shutil.rmtree(settings.folder, ignore_errors=True)


async def _serve(settings: ViewSettings) -> None:
    from GliomaRadiomicsLib.webapp.view.app import ViewApp

    app = ViewApp(settings)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    serving = asyncio.ensure_future(app.serve())
    waiting = asyncio.ensure_future(asked.wait())
    try:
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        app.close()
    os._exit(_tidied(settings))


def _tidied(settings: ViewSettings) -> int:
    """Delete the folder here: the interpreter's own end would wait for the threads and the renderers first."""
    shutil.rmtree(settings.folder, ignore_errors=True)
    return 0


def _end_with_the_front() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
