"""Errors that name the thing, the value found and the remedy."""

from __future__ import annotations


class RefusedInput(ValueError):  # noqa: N818 - the name is the field's word: input is refused, not guessed
    """Input that cannot be used as it is; the command line ends with exit code 2.

    Args:
        what: What is wrong, as a short sentence without a full stop.
        where: The file, column or argument concerned.
        found: The value found, if it helps.
        remedy: What the user can do about it.
    """

    def __init__(self, *, what: str, where: object = None, found: object = None, remedy: str = "") -> None:
        self.what, self.where, self.found, self.remedy = what, where, found, remedy
        super().__init__(self._one_line())

    def _one_line(self) -> str:
        text = self.what
        if self.where is not None:
            text = f"{self.where}: {text}"
        if self.found is not None:
            text += f" (found {self.found})"
        if self.remedy:
            text += f"; {self.remedy}"
        return " ".join(text.split())


class Cancelled(Exception):  # noqa: N818 - not an error: the user asked for it
    """The user cancelled the run; the command line ends with exit code 130."""
