"""Measured features by region, folded; the whole table is features.csv."""

from __future__ import annotations

import math
from collections.abc import Sequence

from GliomaRadiomicsLib.core.labels import REGION_NAMES, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.reports.markup import DASH, Markup, join, number, paragraph, table, tag
from GliomaRadiomicsLib.reports.sections.content import Content

MAX_FEATURES = 120
"""Features shown for each region."""


def write_features(content: Content) -> Markup:
    """One folded table for each region: a line per feature, a column per sequence."""
    rows = content.features
    if not rows:
        return paragraph("Not available: no features were measured in this run.", class_="absent")
    regions = list(dict.fromkeys(row.region for row in rows))
    unknown = sum(math.isnan(row.value) for row in rows)
    intro = f"{len(rows)} values in {len(regions)} regions; {unknown} could not be measured ({DASH}). "
    intro += (
        "Units follow from the feature: mm, mm² and mm³ for shape, the image's own for intensity, none for texture."
    )
    tables = [_region(region, [row for row in rows if row.region == region]) for region in regions]
    return join([paragraph(intro, " The whole table is in ", tag("code", "features.csv"), "."), *tables])


def _region(region: str, rows: Sequence[FeatureRow]) -> Markup:
    sequences = list(dict.fromkeys(row.sequence for row in rows))
    features = list(dict.fromkeys(row.feature for row in rows))
    cells = {(row.feature, row.sequence): row for row in rows}
    shown = features[:MAX_FEATURES]
    reasons = _Reasons()
    lines = [[name, *(_cell(cells.get((name, sequence)), reasons) for sequence in sequences)] for name in shown]
    name = REGION_NAMES.get(region, region)
    columns = ["Feature", *(SEQUENCE_NAMES.get(sequence, sequence) for sequence in sequences)]
    numeric = range(1, len(columns))
    grid = table(columns, lines, caption=f"Features of: {name}", numeric=numeric, class_="dense")
    summary = tag("summary", f"{name}: {len(features)} features")
    return tag("details", summary, grid, reasons.notes(), _left_out(len(features) - len(shown)))


def _cell(row: FeatureRow | None, reasons: _Reasons) -> Markup:
    if row is None:
        return join([""])
    if math.isnan(row.value):
        return join([DASH, reasons.mark(row.reason or "no reason given")])
    return join([number(row.value)])


def _left_out(count: int) -> Markup | None:
    return paragraph(f"{count} more in features.csv.", class_="note") if count > 0 else None


class _Reasons:
    """Numbers the reasons for missing values and lists them once below the table."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, reason: str) -> Markup:
        return tag("sup", self._numbers.setdefault(reason, len(self._numbers) + 1))

    def notes(self) -> Markup | None:
        if not self._numbers:
            return None
        lines = [tag("li", tag("sup", index), f" {DASH} {reason}") for reason, index in self._numbers.items()]
        return tag("ul", *lines, class_="note reasons")
