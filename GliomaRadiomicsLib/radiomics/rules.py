"""What values settings may have, and what to give instead of one that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput

Rule = tuple[Callable[[Any], bool], str]
"""Whether a value can be used, and what to give instead of one that cannot."""


def is_whole(value: Any) -> bool:  # noqa: ANN401 - what a parameter file holds may be anything
    """Whether a value is a whole number; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: Any, lowest: float = -inf) -> bool:  # noqa: ANN401
    """Whether a value is a finite number, not below ``lowest``; true and false are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value) and float(value) >= lowest


def at_least(lowest: int) -> Rule:
    """Whole numbers from ``lowest``."""
    return lambda value: is_whole(value) and value >= lowest, f"give a whole number, {lowest} or more"


def between(lowest: int, highest: int) -> Rule:
    """Whole numbers from ``lowest`` to ``highest``, both included."""
    return lambda value: is_whole(value) and lowest <= value <= highest, f"give a whole number, {lowest} to {highest}"


def one_of(*known: object) -> Rule:
    """Only these values."""
    return lambda value: any(value is word or value == word for word in known), f"choose from {known}"


def numbers(lengths: Collection[int], lowest: float, remedy: str) -> Rule:
    """So many numbers, none below ``lowest``."""
    return lambda value: len(value) in lengths and all(is_number(number, lowest) for number in value), remedy


NUMBER: Rule = (is_number, "give a number")
ABOVE_0: Rule = (lambda value: is_number(value) and value > 0, "give a number above 0")
FROM_0: Rule = (lambda value: is_number(value, 0), "give 0 or more")
YES_OR_NO: Rule = (lambda value: isinstance(value, bool), "give true or false")


def check_values(values: Mapping[str, Any], rules: Mapping[str, Rule], what: str = "setting out of range") -> None:
    """Raise `RefusedInput` for the first value that its rule does not allow."""
    for name, value in values.items():
        allowed, remedy = rules[name]
        try:
            usable = allowed(value)
        except (TypeError, OverflowError):
            usable = False
        if not usable:
            raise RefusedInput(what=what, where=name, found=value, remedy=remedy)


def nearest(name: object, known: list[str]) -> str:
    """A remedy that names the nearest known word."""
    close = get_close_matches(str(name), known, n=1, cutoff=0.4)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
