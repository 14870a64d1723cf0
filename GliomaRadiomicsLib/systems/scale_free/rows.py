"""From training cases to rows: who can be used, and who is left out and why, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.protocol import TrainingCase
from GliomaRadiomicsLib.systems.scale_free.measure import measure, why_not


def usable_cases(
    cases: Iterable[TrainingCase], has_outcome: Callable[[TrainingCase], bool], progress: Progress | None = None
) -> tuple[list[tuple[TrainingCase, dict[str, float]]], dict[str, int]]:
    """Cases with an outcome and measurable quantities, each with them; how many were left out, by reason.

    The images of a case are read once and let go.
    """
    kept: list[tuple[TrainingCase, dict[str, float]]] = []
    left_out = {"n_left_out_without_outcome": 0, "n_left_out_not_measurable": 0}
    for case in _reported(cases, progress or Progress()):
        if not has_outcome(case):
            left_out["n_left_out_without_outcome"] += 1
        elif why_not(case.data):
            left_out["n_left_out_not_measurable"] += 1
        else:
            kept.append((case, measure(case.data)))
    return kept, left_out


def _reported(cases: Iterable[TrainingCase], progress: Progress) -> Iterator[TrainingCase]:
    total = len(cases) if isinstance(cases, list) else 0
    for number, case in enumerate(cases):
        progress.report(number / total if total else 0.0, f"measuring patient {number + 1}")
        yield case
