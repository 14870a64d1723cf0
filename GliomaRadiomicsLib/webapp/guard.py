"""Who may come in: token, host and origin."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from GliomaRadiomicsLib.core.errors import RefusedInput

SHORTEST_TOKEN = 16
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def token_for(host: str, given: str | None) -> str | None:
    """The token to ask for: the one given; a new one where other machines can reach ``host``; else none.

    Raises:
        RefusedInput: If the one given is short enough to be guessed.
    """
    if given is None:
        return None if is_loopback(host) else secrets.token_urlsafe(32)
    if len(given) < SHORTEST_TOKEN:
        raise RefusedInput(
            what="token is too short",
            where="--token",
            found=f"{len(given)} characters",
            remedy=f"use {SHORTEST_TOKEN} or more, or leave the option out and one is made",
        )
    return given


@dataclass(frozen=True)
class Guard:
    """Answers whether a request may pass.

    Attributes:
        host: What the server listens on.
        token: Asked for before anything is shown; None where everybody on this machine may come in.
    """

    host: str
    token: str | None

    def knows_host(self, header: str) -> bool:
        """Whether the ``Host`` header is one of ours.

        On a loopback address a foreign name means that a foreign page was made to point here (DNS rebinding); elsewhere
        the name is not known, and the token protects.
        """
        return not is_loopback(self.host) or _name(header) in (*_LOOPBACK_NAMES, self.host)

    def is_own_origin(self, origin: str | None, host_header: str) -> bool:
        """Whether what asks was loaded from this server; a browser always says so with a websocket or a POST."""
        return bool(origin) and urlsplit(origin or "").netloc.lower() == host_header.lower()

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long whatever is wrong with it."""
        return self.token is None or hmac.compare_digest(given.encode(), self.token.encode())


def _name(host_header: str) -> str:
    """Host without the port: a port that is forwarded has another number here than there."""
    try:
        return (urlsplit(f"//{host_header}").hostname or "").lower()
    except ValueError:
        return ""
