"""Building HTML from values: every string is escaped unless it is already `Markup`."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any


class Markup(str):
    """Text that is HTML already; everything else is escaped by `tag`."""

    __slots__ = ()


DASH = "–"
_SPELLINGS = {
    **{word.lower(): word for word in ("CNN", "VQ", "IDH", "MGMT", "AUC", "CI", "WHO", "CV", "Dice")},
    "kps": "Karnofsky status",
    "gradcam": "Grad-CAM",
    "wt": "WT",
    "tc": "TC",
    "et": "ET",
}
_VOID = {"meta", "br", "img", "hr"}


def tag(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """An element; ``class_`` gives the class, ``data_x`` the attribute ``data-x``, None leaves an attribute out."""
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items() if value is not None)}>"
    return Markup(opening if name in _VOID else f"{opening}{join(children)}</{name}>")


def _attribute(key: str, value: Any) -> str:
    return f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'


def join(children: Iterable[Any]) -> Markup:
    """Children one after the other; strings and numbers escaped, None left out."""
    return Markup("".join(c if isinstance(c, Markup) else html.escape(str(c)) for c in children if c is not None))


def paragraph(*children: Any, class_: str | None = None) -> Markup:
    """A paragraph."""
    return tag("p", *children, class_=class_)


def table(
    columns: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    *,
    caption: str,
    numeric: Iterable[int] = (),
    class_: str = "",
) -> Markup:
    """A table with a caption, column headers and the first cell of each row as row header.

    Args:
        columns: Column headers.
        rows: Cells of each row.
        caption: What the table shows.
        numeric: Indices of columns aligned to the right.
        class_: Further class of the table.
    """
    right = set(numeric)
    side = lambda i: "number" if i in right else None  # noqa: E731
    head = tag("tr", *(tag("th", column, scope="col", class_=side(i)) for i, column in enumerate(columns)))
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=side(i)) for i, cell in enumerate(row[1:], 1)),
        )
        for row in rows
    ]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_=class_ or None)
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[Any, Any]]) -> Markup:
    """Names and values below each other."""
    return tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in pairs), class_="facts")


def words(key: str) -> str:
    """``cnn_grading`` -> ``CNN grading``, ``cnn_grading/gradcam`` -> ``CNN grading: Grad-CAM``."""
    text = re.sub(r"\s*/\s*", ": ", key.replace("_", " ").strip())
    return " ".join(_SPELLINGS.get(word.lower(), word) for word in text.split(" "))


def headline(key: str) -> str:
    """`words` with a capital first letter."""
    text = words(key)
    return text[:1].upper() + text[1:]


def is_number(value: Any) -> bool:
    """Whether ``value`` is a finite number (not a truth value)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Any, decimals: int | None = None) -> str:
    """A number with fixed decimals, or with four significant digits; a dash for what is missing or NaN."""
    if not is_number(value):
        return DASH
    if decimals is not None:
        return f"{value:.{decimals}f}"
    if isinstance(value, int):
        return str(value)
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa} × 10{_superscript(int(exponent))}"


def _superscript(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def amount(value: str, unit: str) -> str:
    """A value in words and its unit, such as ``0.3 bits`` or ``1 bit``."""
    return f"{value} {_ONE.get(unit, unit) if value == '1' else unit}".strip()


_ONE = {"bits": "bit", "logits": "logit", "patches": "patch", "years": "year", "days": "day"}
"""Units of which there can be one."""


def millilitres(value: Any) -> str:
    """Volume with one decimal, two below 1 ml, and its unit."""
    return DASH if not is_number(value) else f"{number(value, 2 if 0 < value < 1 else 1)} ml"


def probability(value: Any) -> str:
    """Probability with two decimals; never rounded to certainty."""
    if not is_number(value):
        return DASH
    if value < 0.005:
        return "< 0.01"
    return "> 0.99" if value > 0.995 else f"{value:.2f}"


def readable(value: Any) -> str:
    """Any plain value as text: numbers short, lists with commas, truth values as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(readable(item) for item in value)
    return number(value) if isinstance(value, (int, float)) or value is None else str(value)


def flattened(data: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Names and readable values of a nested dictionary, inner names behind the outer ones."""
    pairs: list[tuple[str, str]] = []
    for key, value in data.items():
        name = f"{prefix}{words(str(key))}"
        pairs += flattened(value, f"{name} · ") if isinstance(value, dict) else [(name, readable(value))]
    return pairs
