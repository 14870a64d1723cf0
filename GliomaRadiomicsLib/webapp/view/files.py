"""Requests of the page beside the websocket: uploads in, files of the result out; nothing without the secret."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.webapp.process import SECRET_HEADER
from GliomaRadiomicsLib.webapp.view.uploads import Uploads

RESULT_FILES = {
    "report": "report.html",
    "features": "features.csv",
    "result": "result.json",
    "segmentation": "segmentation.nii.gz",
    "scene": "scene.mrb",
    "provenance": "provenance.json",
}
_REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:; sandbox "
    "allow-scripts allow-modals allow-popups"
)
_CHUNK = 1 << 18
FOLDERS_OF = "cohort"
"""The use of an upload that keeps its folders, as a table names images in them."""
_TOO_LARGE = 413


class FileRoutes:
    """Routes of one session.

    Args:
        secret: That every request must bring.
        uploads: Where files go.
        on_uploaded: Called with the folder of a finished upload, by what the page says that it is for.
        on_refused: Called with the refusal of a file.
        output: Gives the output folder of the result that is shown.
        cohort: Gives the table of results of the cohort that is listed.
        exports: Gives the files that were exported from the result that is shown, by the kind of export.
    """

    def __init__(
        self,
        secret: str,
        uploads: Uploads,
        on_uploaded: Mapping[str, Callable[[Path], Awaitable[None]]],
        on_refused: Callable[[RefusedInput], None],
        output: Callable[[], Path | None],
        cohort: Callable[[], Path | None],
        exports: Callable[[], Mapping[str, Path]],
    ) -> None:
        self._secret, self._uploads, self._output, self._cohort = secret, uploads, output, cohort
        self._exports = exports
        self._on_uploaded, self._on_refused = on_uploaded, on_refused
        self._refused = False

    def add_to(self, app: web.Application) -> None:
        """Add them to the application, and the check of the secret before everything else."""
        app.middlewares.append(self._with_secret)
        app.add_routes(
            [
                web.post("/session/upload", self._upload),
                web.post("/session/uploaded", self._uploaded),
                web.get("/session/files/{key}", self._file),
                web.get("/session/cohort", self._cohort_table),
                web.get("/session/exports/{kind}", self._export),
                web.get("/session/alive", self._alive),
            ]
        )

    @web.middleware
    async def _with_secret(self, request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return web.Response(status=403, text="not allowed")
        return await handler(request)

    async def _upload(self, request: web.Request) -> web.Response:
        name, in_folders = request.query.get("name", ""), request.query.get("for") == FOLDERS_OF
        chunks = request.content.iter_chunked(_CHUNK)
        try:
            await self._uploads.receive(name, request.content_length, chunks, in_folders=in_folders)
        except RefusedInput as refusal:
            self._refused = True
            self._on_refused(refusal)
            return web.json_response({"refused": str(refusal)}, status=_TOO_LARGE)
        return web.json_response({"received": True})

    async def _uploaded(self, request: web.Request) -> web.Response:
        folder, refused = self._uploads.finish(), self._refused
        take = self._on_uploaded.get(request.query.get("for", "images"))
        self._refused = False
        if take is None:
            return web.Response(status=404, text="There is no such use of files.")
        if not refused:
            await take(folder)
        return web.json_response({"taken": not refused})

    async def _cohort_table(self, _request: web.Request) -> web.StreamResponse:
        path = self._cohort()
        if path is None or not path.is_file():
            return web.Response(status=404, text="There is no table of results.")
        return _attachment(path, "cohort.csv")

    async def _export(self, request: web.Request) -> web.StreamResponse:
        path = self._exports().get(request.match_info["kind"])
        if path is None or not path.is_file():
            return web.Response(status=404, text="This was not exported from the result that is shown.")
        return _attachment(path, path.name)

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True}, headers={"Cache-Control": "no-store"})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, folder = RESULT_FILES.get(request.match_info["key"]), self._output()
        if name is None or folder is None or not (folder / name).is_file():
            return web.Response(status=404, text="There is no such file in this result.")
        response = web.FileResponse(folder / name)
        response.headers["Cache-Control"] = "no-store"
        if name == "report.html" and "download" not in request.query:
            response.headers["Content-Security-Policy"] = _REPORT_POLICY
        else:
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _attachment(path: Path, name: str) -> web.FileResponse:
    """A file to be saved under this name."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return web.FileResponse(path, headers=headers)
