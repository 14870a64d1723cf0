"""Passing requests and websockets on to a session's own process."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from GliomaRadiomicsLib.webapp.process import SECRET_HEADER
from GliomaRadiomicsLib.webapp.sessions import Session

_OWN_TO_ONE_CONNECTION = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "host",
    "cookie",
    "content-length",
    "accept-encoding",
    SECRET_HEADER.lower(),
}
_STILL_THERE = "/session/alive"
"""What an open page asks by itself; that is no sign of a user."""
_CHUNK = 1 << 16
_LARGEST_MESSAGE = 64 << 20
_DATA = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)


class Proxy:
    """Talks to the view processes."""

    def __init__(self) -> None:
        self._client: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.close()

    async def pass_on(self, request: web.Request, session: Session, path: str | None = None) -> web.StreamResponse:
        """Answer a request with what the session's process answers; nothing is kept in memory as a whole."""
        if request.path != _STILL_THERE:
            session.touch()
        view = session.view
        assert view is not None
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _OWN_TO_ONE_CONNECTION}
        if request.content_length is not None:
            headers["Content-Length"] = str(request.content_length)
        url = f"http://127.0.0.1:{view.port}{path or request.path_qs}"
        body = request.content if request.body_exists else None
        sent = self._session().request(
            request.method, url, headers=headers | {SECRET_HEADER: view.secret}, data=body, allow_redirects=False
        )
        async with sent as answer:
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in _OWN_TO_ONE_CONNECTION}
            kept.pop("Content-Encoding", None)
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(_CHUNK):
                await response.write(chunk)
            await response.write_eof()
            return response

    async def pass_on_websocket(self, request: web.Request, session: Session) -> web.WebSocketResponse:
        """Carry messages to and fro until one side hangs up."""
        view = session.view
        assert view is not None
        outer = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, compress=False, heartbeat=30)
        await outer.prepare(request)
        session.connections += 1
        session.was_connected = True
        try:
            url = f"http://127.0.0.1:{view.port}{request.path_qs}"
            async with self._session().ws_connect(
                url, headers={SECRET_HEADER: view.secret}, max_msg_size=_LARGEST_MESSAGE
            ) as inner:
                ways = [asyncio.create_task(_carry(*way, session)) for way in ((outer, inner), (inner, outer))]
                _, still = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for task in still:
                    task.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except aiohttp.ClientError:
            pass
        finally:
            session.connections -= 1
            session.touch()
            await outer.close()
        return outer

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            timeout = aiohttp.ClientTimeout(total=None, connect=10)
            self._client = aiohttp.ClientSession(timeout=timeout, auto_decompress=True)
        return self._client


async def _carry(source: Any, target: Any, session: Session) -> None:
    async for message in source:
        session.touch()
        if message.type not in _DATA:
            return
        await (target.send_str if message.type == aiohttp.WSMsgType.TEXT else target.send_bytes)(message.data)
