"""Right-censored survival outcomes: what every survival method here takes as its input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import numeric_column, refuse_rows


@dataclass(frozen=True, eq=False)
class Outcome:
    """Follow-up time and event of n patients; checked when it is made, never changed afterwards.

    Lists, arrays and table columns are accepted. ``event`` may hold True/False or 1/0 (1 = died, 0 = censored).

    Attributes:
        time: Shape (n,), float64, positive, in whatever unit the user measures (one unit in one analysis).
        event: Shape (n,), bool, True where the event was observed.
        time_name: Column the times came from, for messages.
        event_name: Column the events came from, for messages.

    Raises:
        RefusedInput: If a time is missing, not a number, zero or negative, an event is anything but 0 or 1, or the
            lengths differ. No patient is ever dropped.
    """

    time: npt.NDArray[np.float64]
    event: npt.NDArray[np.bool_]
    time_name: str = "time"
    event_name: str = "event"

    def __post_init__(self) -> None:
        time = _checked_times(self.time, self.time_name)
        event = _checked_events(self.event, self.event_name)
        if time.shape != event.shape:
            raise RefusedInput(
                what=f"{time.size} times but {event.size} events",
                where=f"{self.time_name} and {self.event_name}",
                remedy="give one time and one event per patient, in the same order",
            )
        time.setflags(write=False)
        event.setflags(write=False)
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "event", event)

    def __len__(self) -> int:
        return self.n

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.time.size)

    @property
    def n_events(self) -> int:
        """Number of observed events."""
        return int(self.event.sum())

    def take(self, rows: npt.ArrayLike) -> Outcome:
        """The outcome of some patients: row indices (repeats allowed) or a mask of length n."""
        index = np.asarray(rows)
        return Outcome(self.time[index], self.event[index], self.time_name, self.event_name)

    def require_events(self, minimum: int = 1, purpose: str = "this analysis") -> None:
        """Refuse an outcome with fewer than ``minimum`` events.

        Raises:
            RefusedInput: Naming the event column, patients and events.
        """
        if self.n_events < minimum:
            raise RefusedInput(
                what=f"{purpose} needs at least {minimum} event{'s' if minimum > 1 else ''}",
                where=self.event_name,
                found=f"{self.n_events} events among {self.n} patients, the others censored",
                remedy="check that 1 means died and 0 censored, or add patients with longer follow-up",
            )


def _checked_times(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    time = numeric_column(values, name, remedy="write follow-up times as numbers in one unit, without text")
    remedy = "complete the follow-up time of these patients or leave them out knowingly"
    refuse_rows(time, np.isnan, name, "a follow-up time is missing", remedy)
    refuse_rows(time, np.isinf, name, "a follow-up time is infinite", remedy)
    refuse_rows(
        time,
        lambda t: t <= 0,
        name,
        "follow-up times must be greater than zero",
        "count from diagnosis or surgery; for an event on that very day give half a day, or leave the patient out",
    )
    return time


def _checked_events(values: npt.ArrayLike, name: str) -> npt.NDArray[np.bool_]:
    remedy = "code it as 1 = died, 0 = censored"
    event = numeric_column(values, name, remedy=remedy)
    refuse_rows(event, np.isnan, name, "an event is missing", remedy)
    refuse_rows(event, lambda e: (e != 0) & (e != 1), name, "an event is neither 0 nor 1", remedy)
    return event.astype(bool)
