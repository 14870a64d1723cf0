"""Predictions that `result.json` holds as plain data: why there is none, facts, and trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.reports.markup import Markup, facts, flattened, headline, paragraph, tag
from GliomaRadiomicsLib.reports.sections.trust import trust_badge
from GliomaRadiomicsLib.reports.wording import TRUST_WORDS, why_absent


def absent(data: Mapping[str, Any]) -> Markup | None:
    """Why there is no prediction, or None where there is one."""
    reason = why_absent(data)
    return None if reason is None else paragraph(reason, class_="absent")


def plain_facts(data: Mapping[str, Any], labels: Mapping[str, str], without: tuple[str, ...]) -> Markup:
    """Names and values, empty ones and those in ``without`` left out."""
    shown = {k: v for k, v in data.items() if k not in without and v not in (None, "", [], {})}
    return facts((labels.get(name, headline(name)), value) for name, value in flattened(shown))


def plain_trust(data: Mapping[str, Any]) -> Markup | None:
    """Trust as plain data {flag, reasons}, or None where none is stated."""
    trust = data.get("trust")
    if not isinstance(trust, dict) or trust.get("flag") not in TRUST_WORDS:
        return None
    flag = trust["flag"]
    reasons = tag("ul", *(tag("li", reason) for reason in trust.get("reasons", []))) if trust.get("reasons") else None
    head = tag("p", "Trust: ", trust_badge(flag))
    return tag("div", head, reasons, class_=f"trust {flag}")
