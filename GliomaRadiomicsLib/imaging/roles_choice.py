"""Which of several images plays which role: every role gets its best candidate, the others are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.imaging.roles import SURE, USABLE, Recognised


@dataclass(frozen=True)
class Candidate:
    """One image that may play a role.

    Attributes:
        number: What users call it (its number in the list of series).
        recognised: What it is taken for.
        derived: Whether it was computed from other images.
        voxel_mm3: Volume of a voxel.
        slices: Number of slices.
    """

    number: int
    recognised: Recognised
    derived: bool = False
    voxel_mm3: float = 1.0
    slices: int = 1


@dataclass(frozen=True)
class Choice:
    """Numbers of the images by role, and the candidates that were not chosen, best first."""

    chosen: dict[str, int]
    others: dict[str, tuple[int, ...]]


def choose(candidates: Sequence[Candidate], given: Mapping[str, int] | None = None) -> Choice:
    """The best candidate of every role: surely recognised before unsurely, original before derived, finer, longer.

    Args:
        candidates: Images with what they were taken for.
        given: Roles that the user has decided, by number; these images play no other role.
    """
    given = dict(given or {})
    chosen, others = dict(given), {}
    free = [one for one in candidates if one.number not in given.values()]
    for role in SEQUENCES:
        ranked = sorted(
            (one for one in free if one.recognised.role == role and one.recognised.confidence >= USABLE), key=_rank
        )
        if role not in given and ranked:
            chosen[role] = ranked.pop(0).number
        if ranked:
            others[role] = tuple(one.number for one in ranked)
    return Choice({role: chosen[role] for role in SEQUENCES if role in chosen}, others)


def _rank(one: Candidate) -> tuple[float | bool, ...]:
    return one.recognised.confidence < SURE, one.derived, round(one.voxel_mm3, 1), -one.slices, one.number


def recognition_finding(role: str, recognised: Recognised, called: str) -> Finding:
    """Passport line for a sequence that was recognised; ``called`` such as ``series 3 of 6``."""
    message = f"{SEQUENCE_NAMES[role]}: {called} ({recognised.text()})"
    if recognised.confidence >= SURE:
        return Finding("sequence-recognised", "ok", message, role)
    message += f"; this is not certain, so look at it and give the right one with --{role} if it is another"
    return Finding("sequence-recognition-uncertain", "warning", message, role)


def given_finding(role: str, recognised: Recognised, called: str, *, bereft: bool = False) -> Finding:
    """Passport line for a sequence that the user decided; both readings where it was recognised as something else.

    Args:
        role: As given.
        recognised: What tags, names or contrasts say.
        called: Such as ``series 3 of 6``.
        bereft: Whether the sequence it was recognised as has no series of its own now.
    """
    name, message = SEQUENCE_NAMES[role], f"{SEQUENCE_NAMES[role]}: {called}, as given"
    if recognised.role == role or recognised.confidence < USABLE:
        return Finding("sequence-given", "ok", message, role)
    if recognised.role is None:
        message += f", but it was read as another kind of image ({recognised.text()}); look at it, and give another"
        return Finding("sequence-recognition-uncertain", "warning", f"{message} series if it is no {name}", role)
    other = SEQUENCE_NAMES[recognised.role]
    message += f", but it was read as {other} ({recognised.text()}); look at it, and if it is {other}, give another"
    message += f" series with --{role} or leave --{role} out"
    if bereft:
        message += f". {other} has no series now: if {name} is right, give {other} with --{recognised.role} if there is"
        message += f" one, else it is missing; the series would be taken as {other} without --{role}"
    return Finding("sequence-recognition-uncertain", "warning", message, role)


def others_finding(role: str, chosen: int, others: Sequence[int]) -> Finding:
    """Passport line that names the candidates that were not chosen."""
    listed = ", ".join(str(number) for number in others)
    message = (
        f"{SEQUENCE_NAMES[role]}: series {chosen} was chosen as the best of several (original, finest voxels); series "
        f"{listed} could be used instead with --{role}"
    )
    return Finding("sequence-candidates", "ok", message, role)
