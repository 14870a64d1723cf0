"""The input check as rows, gravest first, with a button where the panel can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import NOT_CHECKED, Finding
from GliomaRadiomicsLib.interface.words import sentence

SEVERITIES = ("refused", "warning", "fixed", NOT_CHECKED, "ok")
_TITLES = {
    "refused": "Cannot be used",
    "warning": "Look at this",
    "fixed": "Mended",
    NOT_CHECKED: "Not checked",
    "ok": "Fine",
}
_COUNTED = {"warning": "to look at"}
"""Where the title does not go with a number."""

_ROLES = {name: role for role, name in SEQUENCE_NAMES.items()}
_NAME = r"\b(T1ce|FLAIR|T1|T2)\b"
_LOOKS_LIKE = re.compile(rf"{_NAME} looks like {_NAME}")


@dataclass(frozen=True)
class Fix:
    """What a button would change.

    Attributes:
        key: ``exchange``, ``reorder`` or ``leave-out``.
        label: On the button.
        changes: Selector by role, and the role whose image it gets; None empties it. All at once.
    """

    key: str
    label: str
    changes: dict[str, str | None]


@dataclass(frozen=True)
class CheckRow:
    """One finding.

    Attributes:
        severity: One of `SEVERITIES`.
        title: The severity in words.
        message: What was found and what to do; one sentence.
        sequence: Name of the sequence, ``Tumour outline`` or ``Whole case``.
        fix: What can be mended with one click, or None.
    """

    severity: str
    title: str
    message: str
    sequence: str
    fix: Fix | None = None


def check_rows(findings: Iterable[Finding]) -> list[CheckRow]:
    """Rows of the input check, gravest first, otherwise in the order of the checks."""
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.outcome))
    return [
        CheckRow(one.outcome, _TITLES[one.outcome], sentence(one.message), _sequence(one), _fix(one)) for one in ordered
    ]


def check_summary(findings: Iterable[Finding]) -> str:
    """How many findings of each severity: ``1 to look at, 2 mended, 9 fine``."""
    outcomes = [finding.outcome for finding in findings]
    counted = [(severity, outcomes.count(severity)) for severity in SEVERITIES]
    words = {severity: title.lower() for severity, title in _TITLES.items()} | _COUNTED
    return ", ".join(f"{count} {words[severity]}" for severity, count in counted if count)


def _sequence(finding: Finding) -> str:
    if finding.sequence is None:
        return "Whole case"
    return SEQUENCE_NAMES.get(finding.sequence, "Tumour outline" if finding.sequence == "mask" else finding.sequence)


def _fix(finding: Finding) -> Fix | None:
    if finding.code == "sequences-swapped":
        return _reorder(finding.message)
    if finding.severity == "refused" and finding.sequence is not None:
        return Fix("leave-out", f"Leave {_sequence(finding)} out", {finding.sequence: None})
    if finding.code == "sequence-name-differs" and finding.sequence is not None:
        others = [_ROLES[name] for name in re.findall(_NAME, finding.message) if _ROLES[name] != finding.sequence]
        return _exchange(finding.sequence, others[0]) if len(others) == 1 else None
    return None


def _reorder(message: str) -> Fix | None:
    """From the words of the passport: two that are swapped, or a list of what looks like what."""
    pairs = _LOOKS_LIKE.findall(message)
    if pairs:
        changes: dict[str, str | None] = {_ROLES[looks]: _ROLES[given] for given, looks in pairs}
        return Fix("reorder", "Put them in order", changes)
    roles = list(dict.fromkeys(_ROLES[name] for name in re.findall(_NAME, message)))
    return _exchange(roles[0], roles[1]) if len(roles) == 2 else None  # noqa: PLR2004 - the two that are swapped


def _exchange(first: str, second: str) -> Fix:
    label = f"Exchange {SEQUENCE_NAMES[first]} and {SEQUENCE_NAMES[second]}"
    return Fix("exchange", label, {first: second, second: first})
