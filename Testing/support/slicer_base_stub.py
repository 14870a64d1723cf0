"""The little of Slicer's own ``Base/Python`` that the module needs, for where the real folder is not at hand."""

# ruff: noqa: N802 - the names are those of 3D Slicer

from __future__ import annotations

import ast
import sys
import types
import typing
import unittest
from pathlib import Path
from typing import Any


class ScriptedLoadableModule:
    def __init__(self, parent: Any) -> None:
        self.parent = parent


class ScriptedLoadableModuleWidget:
    def __init__(self, parent: Any = None) -> None:
        self.parent, self.layout = parent, parent.layout()
        self.moduleName = type(self).__name__.removesuffix("Widget")

    def setup(self) -> None:
        pass

    def resourcePath(self, name: str) -> str:
        return str(Path(sys.modules[type(self).__module__].__file__).parent / "Resources" / name)


class ScriptedLoadableModuleLogic:
    def __init__(self) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        import slicer

        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    def delayDisplay(self, _message: str) -> None:
        pass


class WithinRange:
    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum


class Choice:
    def __init__(self, choices: list[Any]) -> None:
        self.choices = choices


_PLAIN = (int, float, str, bool, dict)


class _Parameter:
    """One parameter of a `parameterNodeWrapper` class: a node reference, a number, a flag or a text."""

    def __init__(self, name: str, hint: Any, default: Any) -> None:
        self.name, self.default = name, default
        self.notes = getattr(hint, "__metadata__", ())
        kind = getattr(hint, "__origin__", hint) if self.notes else hint
        self.kind = typing.get_origin(kind) or kind

    def __get__(self, wrapper: Any, _owner: Any = None) -> Any:
        node = wrapper.parameterNode
        if self.kind not in _PLAIN:
            return node.GetNodeReference(self.name)
        if not node.HasParameter(self.name):
            return self.default
        text = node.GetParameter(self.name)
        if self.kind in (bool, dict):
            return ast.literal_eval(text)
        return self.kind(text)

    def __set__(self, wrapper: Any, value: Any) -> None:
        if self.kind not in _PLAIN:
            wrapper.parameterNode.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            wrapper.parameterNode.SetParameter(self.name, str(value))


def parameterNodeWrapper(cls: type) -> type:
    parameters = {name: _Parameter(name, hint, getattr(cls, name, None)) for name, hint in cls.__annotations__.items()}
    members = {"allParameters": parameters, **parameters, "__init__": _init, "connectGui": _connect_gui}
    members |= {"disconnectGui": lambda self, tag: tag.clear()}
    members |= {name: _forward(name) for name in ("AddObserver", "RemoveObserver", "Modified", "GetID")}
    return type(cls.__name__, (), members)


def _init(self: Any, node: Any) -> None:
    self.parameterNode = node


def _forward(name: str) -> Any:
    return lambda self, *arguments: getattr(self.parameterNode, name)(*arguments)


def _connect_gui(self: Any, ui: Any) -> list[bool]:
    """Bind widgets to parameters by their SlicerParameterName; clearing the returned list unbinds them."""
    alive = [True]
    for widget in vars(ui).values():
        name = widget.property("SlicerParameterName")
        if name:
            _bind(self, widget, self.allParameters[name], alive)
    return alive


def _bind(wrapper: Any, widget: Any, parameter: _Parameter, alive: list[bool]) -> None:
    kind = type(widget).__name__
    choices = next((note.choices for note in parameter.notes if isinstance(note, Choice)), [])
    if kind == "QComboBox":
        widget.clear()
        widget.addItems(choices)
    signal, read, write = {
        "qMRMLNodeComboBox": ("currentNodeChanged", lambda: widget.currentNode(), lambda v: widget.setCurrentNode(v)),
        "QCheckBox": ("stateChanged", lambda: widget.checked, lambda v: setattr(widget, "checked", v)),
        "ctkSliderWidget": ("valueChanged", lambda: widget.value, lambda v: setattr(widget, "value", v)),
        "QSpinBox": ("valueChanged", lambda: widget.value, lambda v: setattr(widget, "value", v)),
        "QComboBox": (
            "currentIndexChanged",
            lambda: choices[widget.currentIndex],
            lambda v: setattr(widget, "currentIndex", choices.index(v)),
        ),
    }[kind]
    bounds = next((note for note in parameter.notes if isinstance(note, WithinRange)), None)
    if bounds is not None:
        widget.minimum, widget.maximum = bounds.minimum, bounds.maximum
    write(parameter.__get__(wrapper))
    getattr(widget, signal).connect(lambda *_: alive and parameter.__set__(wrapper, read()))


def install(slicer: Any) -> None:
    """Make ``slicer.ScriptedLoadableModule``, ``slicer.parameterNodeWrapper`` and ``slicer.i18n`` importable."""
    here = sys.modules[__name__]
    i18n = types.ModuleType("slicer.i18n")
    i18n.tr = lambda text: text
    i18n.translate = lambda _context, text: text
    for name, module in (("ScriptedLoadableModule", here), ("parameterNodeWrapper", here), ("i18n", i18n)):
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
