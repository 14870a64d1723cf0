"""Dialogs: errors with the remedy, and files to choose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import signature
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput

TITLE = "Glioma Radiomics"


def show_error(message: str) -> None:
    """An error dialog."""
    slicer.util.errorDisplay(message, windowTitle=TITLE)


def guarded(action: Callable[..., Any]) -> Callable[..., Any]:
    """The same action as a slot: it gets as many arguments of the signal as it takes, and errors go into a dialog.

    Cancelling is silent.
    """
    taken = sum(one.kind is one.POSITIONAL_OR_KEYWORD for one in signature(action).parameters.values())

    def guard(*arguments: Any) -> Any:
        try:
            return action(*arguments[:taken])
        except Cancelled:
            return None
        except (RefusedInput, OSError) as error:
            show_error(str(error))
        except Exception as error:
            logging.exception("the panel could not do this")
            show_error(f"{_('This did not succeed.')}\n\n{type(error).__name__}: {error}")
        return None

    return guard


def choose_folder(title: str) -> str:
    """Path of a folder; raises `Cancelled` if none was chosen."""
    return _answer(qt.QFileDialog.getExistingDirectory(None, title))


def choose_file(title: str, kinds: str) -> str:
    """Path of a file to read; raises `Cancelled` if none was chosen."""
    return _answer(qt.QFileDialog.getOpenFileName(None, title, "", kinds))


def choose_target(title: str, name: str, kinds: str) -> str:
    """Path of a file to write; raises `Cancelled` if none was chosen."""
    return _answer(qt.QFileDialog.getSaveFileName(None, title, name, kinds))


def _answer(given: Any) -> str:
    """PythonQt gives the path, other bindings the path and the kind."""
    path = given[0] if isinstance(given, tuple) else given
    if not path:
        raise Cancelled(_("nothing was chosen"))
    return str(path)
