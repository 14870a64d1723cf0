"""The front: one address for all; cookie, token and origin are looked at here, everything else is passed on."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.webapp import pages
from GliomaRadiomicsLib.webapp.guard import Guard, is_loopback, token_for
from GliomaRadiomicsLib.webapp.proxy import Proxy
from GliomaRadiomicsLib.webapp.sessions import Full, Session, Sessions

_TEND_S, _WAIT_S, _POLL_S = 1.0, 10.0, 0.05
_WRONG_TOKEN_S = 1.0
_FULL = "Every place is taken. Try again later, or start the app with a larger --sessions."
_SECURITY_HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss: data: blob:; frame-ancestors 'none'; form-action "
    "'self'; base-uri 'self'",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class FrontSettings:
    """How the server is started.

    Attributes:
        host: Address to listen on.
        port: Port; 0 takes a free one.
        token: To be asked for; None makes one where ``host`` is not loopback.
        sessions: How many at the same time.
        idle_minutes: Without a sign of life, after which a session and its files go.
        upload_mb: Most that one file may have, in MB.
        worker: Command that does a job, instead of this library's worker.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    sessions: int = 4
    idle_minutes: float = 60.0
    upload_mb: int = 1024
    worker: list[str] | None = None


class Front:
    """The web application; `app` is what aiohttp runs."""

    def __init__(self, settings: FrontSettings) -> None:
        self.guard = Guard(settings.host, token_for(settings.host, settings.token))
        view_settings = {
            "local": is_loopback(settings.host),
            "upload_mb": settings.upload_mb,
            "worker": settings.worker,
        }
        self.sessions = Sessions(settings.sessions, settings.idle_minutes * 60, view_settings)
        self._cookie = "glioma_radiomics"
        self._proxy = Proxy()
        self.app = web.Application(middlewares=[self._checked])
        self.app.on_response_prepare.append(_add_headers)
        self.app.cleanup_ctx.append(self._life)
        self.app.add_routes(
            [
                web.get("/", self._root),
                web.post("/-/token", self._token),
                web.post("/-/wait", self._wait),
                web.post("/-/end", self._end),
                web.get("/-/ended", self._ended),
                web.get("/favicon.ico", _no_icon),
                web.route("*", "/{path:.*}", self._any),
            ]
        )

    def name_cookie(self, port: int) -> None:
        """Cookies are shared by all ports of a host, so the name says the port."""
        self._cookie = f"glioma_radiomics_{port}"

    @web.middleware
    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.guard.knows_host(request.host):
            return _html(pages.refused_page("This address is not the server's own."), 403)
        is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        changes = request.method not in ("GET", "HEAD") or is_socket
        if changes and not self.guard.is_own_origin(request.headers.get("Origin"), request.host):
            return _html(pages.refused_page("This request comes from another page."), 403)
        return await handler(request)

    async def _root(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None:
            given = request.query.get("token")
            if self.guard.token is not None and given is None:
                return _html(pages.token_page(wrong=False), 401)
            if given is not None:
                return await self._enter(given)
            session = self.sessions.issue()
        if session.view is not None and session.view.is_ready:
            return await self._pass_on(request, session, "/index.html")
        return self._with_cookie(_html(pages.start_page()), session)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        return await self._enter(str(form.get("token", "")))

    async def _enter(self, given: str) -> web.Response:
        if not self.guard.is_token(given):
            await asyncio.sleep(_WRONG_TOKEN_S)
            return _html(pages.token_page(wrong=True), 401)
        return self._with_cookie(_html(pages.enter_page()), self.sessions.issue())

    async def _wait(self, request: web.Request) -> web.Response:
        """Give the session its process and wait a while for it to be ready."""
        session = self._session(request)
        if session is None:
            return web.json_response({"message": "The session is not known any more; load the page again."})
        try:
            view = self.sessions.claim(session)
        except Full:
            return web.json_response({"message": _FULL})
        until = time.monotonic() + _WAIT_S
        while not view.is_ready and view.is_alive and time.monotonic() < until:
            await asyncio.sleep(_POLL_S)
        session.touch()
        if not view.is_alive:
            return web.json_response({"message": "The process of this session could not be started; see the console."})
        return web.json_response({"ready": view.is_ready, "again": True})

    async def _end(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session is not None:
            self.sessions.end(session)
        response = web.json_response({"ended": True})
        response.del_cookie(self._cookie, path="/")
        return response

    async def _ended(self, request: web.Request) -> web.Response:
        return _html(pages.ended_page())

    async def _any(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None or session.view is None or not session.view.is_ready:
            return _html(pages.refused_page("There is no session here; load the first page again."), 403)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._proxy.pass_on_websocket(request, session)
        return await self._pass_on(request, session)

    async def _pass_on(self, request: web.Request, session: Session, path: str | None = None) -> web.StreamResponse:
        try:
            return await self._proxy.pass_on(request, session, path)
        except aiohttp.ClientError:
            return _html(pages.refused_page("The process of this session does not answer; load the page again."), 502)

    def _session(self, request: web.Request) -> Session | None:
        return self.sessions.find(request.cookies.get(self._cookie))

    def _with_cookie(self, response: web.Response, session: Session) -> web.Response:
        response.set_cookie(self._cookie, session.key, httponly=True, samesite="Strict", path="/")
        return response

    async def _life(self, _app: web.Application) -> Any:
        self.sessions.prepare()
        tending = asyncio.create_task(self._tend())
        yield
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending
        await self._proxy.close()
        self.sessions.close()

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(_TEND_S)
            self.sessions.tend()


def serve(settings: FrontSettings) -> None:
    """Serve until this process is asked to end.

    Raises:
        RefusedInput: If the address cannot be used.
    """
    front = Front(settings)
    try:
        asyncio.run(_serve(front, settings))
    except OSError as error:
        raise RefusedInput(
            what="cannot listen there",
            where=f"{settings.host}:{settings.port}",
            found=error.strerror or error,
            remedy="choose another --port or --host",
        ) from error


async def _serve(front: Front, settings: FrontSettings) -> None:
    runner = web.AppRunner(front.app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        port = runner.addresses[0][1]
        front.name_cookie(port)
        _announce(settings.host, port, front.guard.token)
        await _asked_to_end()
    finally:
        await runner.cleanup()


async def _asked_to_end() -> None:
    import signal

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    while not asked.is_set():
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asked.wait(), 0.5)


def _announce(host: str, port: int, token: str | None) -> None:
    shown = f"[{host}]" if ":" in host else host
    query = f"/?token={token}" if token else "/"
    sys.stdout.write(f"Open http://{shown}:{port}{query} in a browser; Ctrl+C ends it and deletes every upload.\n")
    if token and not is_loopback(host):
        sys.stdout.write("Not encrypted: put a server with TLS before it on a network that is not your own.\n")
    sys.stdout.flush()


async def _no_icon(_request: web.Request) -> web.Response:
    return web.Response(status=204)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for key, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(key, value)


def _html(text: str, status: int = 200) -> web.Response:
    response = web.Response(text=text, content_type="text/html", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def settings_from_json(text: str) -> FrontSettings:
    """Settings as `cli` hands them over."""
    return FrontSettings(**json.loads(text))
