"""Browser sessions: who has which view process, which one waits for the next, and when one ends."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.webapp.process import ViewProcess

UNCLAIMED_S = 600.0
"""How long a browser that only saw the first page is remembered."""
_NEVER_CONNECTED_S = 120.0
DISCONNECTED_S = 900.0
"""How long a session waits for a page that was closed to come back."""
_MOST_UNCLAIMED = 1000
_FAILED_STARTS = 3


@dataclass
class Session:
    """One browser.

    Attributes:
        key: The value of its cookie.
        view: Its process, once it has asked for one.
        connections: Open websockets.
        was_connected: Whether there ever was one.
        last_seen: When something last went to or fro (monotonic seconds).
    """

    key: str
    view: ViewProcess | None = None
    connections: int = 0
    was_connected: bool = False
    last_seen: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        """Note that there is life."""
        self.last_seen = time.monotonic()

    def is_over(self, idle_s: float) -> bool:
        """Whether nobody will miss it: nothing went to or fro for ``idle_s``, less where no page is open."""
        quiet = time.monotonic() - self.last_seen
        if self.view is None:
            return quiet > UNCLAIMED_S
        if self.connections:
            return quiet > idle_s
        return quiet > min(idle_s, DISCONNECTED_S if self.was_connected else _NEVER_CONNECTED_S)


class Full(Exception):  # noqa: N818 - says what is the matter
    """No more sessions at the same time."""


class Sessions:
    """All sessions of this server.

    Args:
        most: How many have a process at the same time.
        idle_s: Seconds without a sign of life after which a session ends.
        settings: For the view processes.
    """

    def __init__(self, most: int, idle_s: float, settings: dict[str, Any]) -> None:
        self._most, self._idle_s, self._settings = most, idle_s, settings
        self._base = Path(tempfile.mkdtemp(prefix="glioma-radiomics-app-"))
        self._sessions: dict[str, Session] = {}
        self._spare: ViewProcess | None = None
        self._ending: list[ViewProcess] = []
        self._failed = 0

    def issue(self) -> Session:
        """A new session, still without a process."""
        unclaimed = [one for one in self._sessions.values() if one.view is None]
        if len(unclaimed) >= _MOST_UNCLAIMED:
            del self._sessions[min(unclaimed, key=lambda one: one.last_seen).key]
        session = Session(secrets.token_urlsafe(32))
        self._sessions[session.key] = session
        return session

    def find(self, key: str | None) -> Session | None:
        """The session of a cookie; None for a cookie of another time."""
        return self._sessions.get(key) if key else None

    def claim(self, session: Session) -> ViewProcess:
        """The session's process; gives it the one that waits if it has none.

        Raises:
            Full: If too many have one.
        """
        session.touch()
        if session.view is not None and not session.view.is_alive:
            self._retire(session)
        if session.view is None:
            if sum(one.view is not None for one in self._sessions.values()) >= self._most:
                raise Full
            session.view = self._take_spare()
            session.was_connected = False
        return session.view

    def end(self, session: Session) -> None:
        """End a session; its process and files go."""
        self._sessions.pop(session.key, None)
        self._retire(session)

    def prepare(self) -> None:
        """Have a process wait for the next session, if there may be one more."""
        in_use = sum(one.view is not None for one in self._sessions.values())
        if self._spare is not None and not self._spare.is_alive:
            self._failed += 1
            _say(f"a view process ended while it started: {self._spare.last_words()}")
            self._ending.append(self._spare)
            self._spare = None
        if self._spare is None and in_use < self._most and self._failed < _FAILED_STARTS:
            self._spare = self._started()

    def is_spare_ready(self) -> bool:
        """Whether the next session can be shown at once."""
        return self._spare is not None and self._spare.is_ready

    def tend(self) -> None:
        """End what is over, finish what is ending, keep one ready; to be called about every second."""
        for session in [one for one in self._sessions.values() if one.is_over(self._idle_s)]:
            self.end(session)
        for session in [one for one in self._sessions.values() if one.view is not None and not one.view.is_alive]:
            self._retire(session)
        self._ending = [view for view in self._ending if not view.has_ended()]
        starting = [one.view for one in self._sessions.values() if one.view is not None and not one.view.is_ready]
        if not starting:
            self.prepare()

    def close(self) -> None:
        """End everything and delete every file."""
        self._failed = _FAILED_STARTS
        for session in list(self._sessions.values()):
            self.end(session)
        if self._spare is not None:
            self._spare.ask_to_end()
            self._ending.append(self._spare)
        while self._ending:
            self._ending = [view for view in self._ending if not view.has_ended()]
            time.sleep(0.05)
        shutil.rmtree(self._base, ignore_errors=True)

    def _retire(self, session: Session) -> None:
        if session.view is not None:
            session.view.ask_to_end()
            self._ending.append(session.view)
            session.view = None
            _say(f"a session ended; {sum(one.view is not None for one in self._sessions.values())} open")

    def _take_spare(self) -> ViewProcess:
        view, self._spare = self._spare, None
        taken = view if view is not None and view.is_alive else self._started()
        _say("a session began")
        return taken

    def _started(self) -> ViewProcess:
        view = ViewProcess(self._base, self._settings)
        view.start()
        return view


def _say(line: str) -> None:
    """To the one who started the server; never anything about a patient."""
    sys.stderr.write(f"glioma-radiomics app: {line}\n")
