"""Which sequence a series is, from its tags and names, with a confidence and the reasons.

Votes are counted: the description of the series, its protocol, the name of the pulse sequence, the times TE, TR and
TI, contrast medium in the tags, folder and file names. The confidence is the share of the winning votes; it has not
been calibrated on a cohort of labelled series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.roles_timing import weighting_of_times
from GliomaRadiomicsLib.imaging.roles_words import TextEvidence, read_name

SURE, USABLE = 0.8, 0.5
"""From `SURE` a recognition is taken as it is; between both it is taken and warned about; below it is not taken."""

_DOUBT = 0.3
_NEAR = 0.75
_WEIGHTS = {"description": 3.0, "protocol": 1.5, "pulse sequence name": 1.5, "folder or file name": 2.5}
_TIMES, _TIMES_ALONE = 2.0, 1.5
_AGENT, _NO_AGENT, _AGENT_DENIED = 4.0, 0.7, 3.0
_PLAIN_WORD, _UNMENTIONED, _UNMENTIONED_AGENT = 5.0, 1.5, 0.5
_DENIALS = {"no", "none", "n", "0", "without", "pre", "false", "nein", "non", "native", "no contrast", "no agent"}
_Votes = dict[str, list[tuple[float, str]]]


class Tags(Protocol):
    """What `recognise` needs of a header; see `imaging.dicom.header.SeriesTags`."""

    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def protocol(self) -> str: ...  # noqa: D102
    @property
    def sequence_name(self) -> str: ...  # noqa: D102
    @property
    def scanning_sequence(self) -> str: ...  # noqa: D102
    @property
    def contrast_agent(self) -> str: ...  # noqa: D102
    @property
    def echo_time(self) -> float | None: ...  # noqa: D102
    @property
    def repetition_time(self) -> float | None: ...  # noqa: D102
    @property
    def inversion_time(self) -> float | None: ...  # noqa: D102


@dataclass(frozen=True)
class Recognised:
    """What an image is.

    Attributes:
        role: One of `SEQUENCES`, or None for another kind of image or an unknown one.
        confidence: Share of the evidence that speaks for it, 0 to 1; 0 where nothing tells.
        reasons: What spoke for it, strongest first; made of known words and numbers only, never of free text.
    """

    role: str | None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()

    def text(self) -> str:
        """``confidence .95: contrast agent in the tags``, for a line of text."""
        number = f"{self.confidence:.2f}".lstrip("0")
        return f"confidence {number}: {self.reasons[0]}" if self.reasons else f"confidence {number}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"role": self.role, "confidence": self.confidence, "reasons": list(self.reasons)}


def recognise(tags: Tags | None = None, names: Sequence[str] = ()) -> Recognised:
    """Recognise a sequence.

    Args:
        tags: Of a DICOM series, where there are any.
        names: Of file, folder or node.
    """
    texts = _texts(tags, names)
    weightings, contrasts = _weighting_votes(texts, tags), _contrast_votes(texts, tags)
    if not weightings:
        return Recognised(None)
    weighting, confidence, reasons = _winner(weightings)
    if any(text.near for _, text in texts):
        confidence *= _NEAR
        reasons = [*reasons, "a small part of the head by its name"]
    if weighting not in ("t1", "t2", "flair"):
        return Recognised(None, round(confidence, 2), tuple(reasons))
    if weighting == "t1":
        answer, contrast_confidence, why = _winner(contrasts)
        weighting = "t1ce" if answer == "yes" else "t1"
        reasons = [*why, *reasons] if answer == "yes" else [*reasons, *why]
        confidence = min(confidence, contrast_confidence)
    return Recognised(weighting, round(confidence, 2), tuple(dict.fromkeys(reasons)))


def recognise_name(name: str) -> Recognised:
    """Recognise a sequence from the name of a file, folder or node alone."""
    return recognise(None, (name,))


def _texts(tags: Tags | None, names: Iterable[str]) -> list[tuple[str, TextEvidence]]:
    """What every name says; the protocol only where it does not contradict the description.

    A protocol is often that of the whole examination; of several folder and file names the first that tells counts.
    """
    found: list[tuple[str, TextEvidence]] = []
    if tags is not None:
        description, protocol = read_name(tags.description), read_name(tags.protocol)
        found.append(("description", description))
        if not description.weighting or protocol.weighting == description.weighting:
            found.append(("protocol", protocol))
        found.append(("pulse sequence name", read_name(tags.sequence_name)))
    telling = [text for text in map(read_name, names) if text.weighting][:1]
    return [(source, text) for source, text in found if text.weighting or text.contrast is not None] + [
        ("folder or file name", text) for text in telling
    ]


def _weighting_votes(texts: Iterable[tuple[str, TextEvidence]], tags: Tags | None) -> _Votes:
    votes: _Votes = {}
    for source, text in texts:
        if text.weighting:
            weight = _WEIGHTS[source] * text.strength
            votes.setdefault(text.weighting, []).append((weight, f'{source} says "{" ".join(text.words)}"'))
    if tags is not None:
        found = weighting_of_times(tags.echo_time, tags.repetition_time, tags.inversion_time, tags.scanning_sequence)
        unsaid = found is not None and found[0] == "t2" and tags.inversion_time is None and "flair" in votes
        if found is not None and not unsaid:
            votes.setdefault(found[0], []).append((_TIMES if votes else _TIMES_ALONE, found[1]))
    return votes


def _contrast_votes(texts: Sequence[tuple[str, TextEvidence]], tags: Tags | None) -> _Votes:
    votes: _Votes = {"no": [], "yes": []}
    agent = tags.contrast_agent.strip().lower() if tags is not None else ""
    given = bool(agent) and agent not in _DENIALS
    for source, text in texts:
        weight = _WEIGHTS[source]
        said = f'{source} says "{" ".join(text.contrast_words[:2])}"'
        if text.contrast:
            votes["yes"].append((weight, said))
        elif text.contrast is False:
            votes["no"].append((_PLAIN_WORD * weight / 3.0, said))
    if given:
        votes["yes"].append((_AGENT, "contrast agent in the tags"))
    elif tags is not None:
        votes["no"].append((_AGENT_DENIED if agent else _NO_AGENT, "no contrast agent in the tags"))
    if any(text.weighting == "t1" and text.contrast is None for _, text in texts):
        unclear = votes["yes"] or any(text.mixed for _, text in texts)
        weight = _UNMENTIONED_AGENT if unclear else _UNMENTIONED
        votes["no"].append((weight, "no word of contrast in the names"))
    return votes


def _winner(votes: _Votes) -> tuple[str, float, list[str]]:
    sums = {value: sum(weight for weight, _ in given) for value, given in votes.items()}
    best = max(sums, key=lambda value: sums[value])
    reasons = [reason for _, reason in sorted(votes[best], key=lambda vote: -vote[0])]
    return best, sums[best] / (sum(sums.values()) + _DOUBT), reasons


def order_of_roles(role: str | None) -> int:
    """Place of a role in channel order; after all of them for None."""
    return SEQUENCES.index(role) if role in SEQUENCES else len(SEQUENCES)
