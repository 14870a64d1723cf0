"""A PySide6 stand-in for the parts of PythonQt, CTK and qMRML that our panel uses.

It shows that the layout loads, names and bindings exist and the logic is wired. It is no evidence for looks, threads,
dialogs or the node selectors of the desktop program.
"""

# ruff: noqa: N801, N802, N815 - the names are those of Qt, CTK and 3D Slicer

from __future__ import annotations

import inspect
import os
import sys
import types
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

_RAW = (
    "sizeHint",
    "minimumSizeHint",
    "metaObject",
    "property",
    "setProperty",
    "connect",
    "children",
    "setMRMLScene",
    "mrmlScene",
)

_SPARES = [[value] * 100_000 for value in (True, None)]
"""Every ``emit`` of a signal made in Python gives away a reference of these, which Python before 3.12 counts."""


def _has_property(widget: Any, name: str) -> bool:
    return QtCore.QObject.metaObject(widget).indexOfProperty(name) >= 0


def _check_signature(widget: Any, signature: str) -> None:
    """PythonQt connects only by the exact C++ signature; signals declared in Python here are left out."""
    if isinstance(widget, tuple(CUSTOM.values())):
        return
    meta = QtCore.QObject.metaObject(widget)
    methods = (meta.method(index) for index in range(meta.methodCount()))
    known = {bytes(one.methodSignature().data()).decode() for one in methods}
    if signature not in known:
        msg = f"{type(widget).__name__} has no signal {signature}"
        raise RuntimeError(msg)


class PythonQtManners:
    """Qt properties are attributes, and ``connect`` takes the signature of a signal."""

    loading = False

    def __getattribute__(self, name: str) -> Any:
        if name == "name":
            return QtCore.QObject.objectName(self)
        if name == "connect":
            return types.MethodType(PythonQtManners._connect, self)
        if not name.startswith("_") and name not in _RAW and _has_property(self, name):
            return QtCore.QObject.property(self, name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "name":
            QtCore.QObject.setObjectName(self, value)
        elif _has_property(self, name):
            if not QtCore.QObject.setProperty(self, name, list(value) if isinstance(value, tuple) else value):
                msg = f"{type(self).__name__}.{name} cannot be {value!r}"
                raise TypeError(msg)
        elif name.startswith("_") or PythonQtManners.loading:
            super().__setattr__(name, value)
        else:
            msg = f"{type(self).__name__} has no property {name}"
            raise AttributeError(msg)

    def _connect(self, signature: str, slot: Callable[..., Any]) -> bool:
        name, _, rest = signature.partition("(")
        wanted = len([part for part in rest.rstrip(")").split(",") if part.strip()])
        parameters = inspect.signature(slot).parameters.values()
        any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        taken = wanted if any_number else min(wanted, sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters))
        signal = QtCore.QObject.__getattribute__(self, name)
        _check_signature(self, signature)
        signal.connect(lambda *arguments: slot(*arguments[:taken]))
        return True


def _with_manners(base: type) -> type:
    return type(base.__name__, (PythonQtManners, base), {"__module__": __name__})


class qMRMLWidget(PythonQtManners, QtWidgets.QWidget):
    """Passes its scene on to the node selectors inside, as the connections in the .ui file say."""

    mrmlSceneChanged = QtCore.Signal(object)

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        QtCore.QObject.__getattribute__(self, "mrmlSceneChanged").emit(scene)

    def mrmlScene(self) -> Any:
        return self.__dict__.get("_scene")


class ctkCollapsibleButton(PythonQtManners, QtWidgets.QGroupBox):
    """A group box with a text; collapsed, it shows its title alone. As the button that it plays, it takes the focus."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        QtWidgets.QWidget.setFocusPolicy(self, QtCore.Qt.FocusPolicy.StrongFocus)

    def _get_text(self) -> str:
        return QtWidgets.QGroupBox.title(self)

    def _set_text(self, text: str) -> None:
        QtWidgets.QGroupBox.setTitle(self, text)

    def _get_collapsed(self) -> bool:
        return self.__dict__.get("_is_collapsed", False)

    def _set_collapsed(self, collapsed: bool) -> None:
        self.__dict__["_is_collapsed"] = collapsed
        QtWidgets.QWidget.setMaximumHeight(self, 24 if collapsed else 16777215)

    text = QtCore.Property(str, _get_text, _set_text)
    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed)


class ctkSliderWidget(PythonQtManners, QtWidgets.QWidget):
    """A slider with a spin box beside it."""

    valueChanged = QtCore.Signal(float)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal, self)
        self._spin = QtWidgets.QDoubleSpinBox(self)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider)
        row.addWidget(self._spin)
        self._slider.valueChanged.connect(lambda value: self._spin.setValue(value))
        self._spin.valueChanged.connect(self._changed)

    def _changed(self, value: float) -> None:
        self._slider.setValue(round(value))
        QtCore.QObject.__getattribute__(self, "valueChanged").emit(value)

    def _set_minimum(self, value: float) -> None:
        self._spin.setMinimum(value)
        self._slider.setMinimum(round(value))

    def _set_maximum(self, value: float) -> None:
        self._spin.setMaximum(value)
        self._slider.setMaximum(round(value))

    value = QtCore.Property(float, lambda self: self._spin.value(), lambda self, value: self._spin.setValue(value))
    minimum = QtCore.Property(float, lambda self: self._spin.minimum(), _set_minimum)
    maximum = QtCore.Property(float, lambda self: self._spin.maximum(), _set_maximum)
    singleStep = QtCore.Property(
        float, lambda self: self._spin.singleStep(), lambda self, value: self._spin.setSingleStep(value)
    )
    decimals = QtCore.Property(int, lambda self: self._spin.decimals(), lambda self, n: self._spin.setDecimals(n))
    suffix = QtCore.Property(str, lambda self: self._spin.suffix(), lambda self, text: self._spin.setSuffix(text))


def _stored(kind: Any, default: Any, key: str) -> Any:
    return QtCore.Property(
        kind, lambda self: self.__dict__.get(key, default), lambda self, value: self.__dict__.__setitem__(key, value)
    )


class qMRMLNodeComboBox(PythonQtManners, QtWidgets.QWidget):
    """Remembers one node of the scene; a node that leaves the scene is no longer selected."""

    currentNodeChanged = QtCore.Signal(object)
    nodeTypes = _stored("QStringList", [], "_nodeTypes")
    showChildNodeTypes = _stored(bool, True, "_children")
    noneEnabled = _stored(bool, False, "_none")
    addEnabled = _stored(bool, True, "_add")
    removeEnabled = _stored(bool, True, "_remove")

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._box = QtWidgets.QComboBox(self)
        self._box.addItem("None")
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._box)

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        scene.AddObserver(scene.EndCloseEvent, lambda *_: self._check())
        scene.AddObserver(scene.NodeRemovedEvent, lambda *_: self._check())

    def mrmlScene(self) -> Any:
        return self.__dict__.get("_scene")

    def currentNode(self) -> Any:
        node_id = self.__dict__.get("_current")
        return self.mrmlScene().GetNodeByID(node_id) if node_id and self.mrmlScene() else None

    def setCurrentNode(self, node: Any) -> None:
        node_id = node.GetID() if node is not None else None
        if node_id != self.__dict__.get("_current"):
            self._current = node_id
            self._box.setItemText(0, node.GetName() if node is not None else "None")
            QtCore.QObject.__getattribute__(self, "currentNodeChanged").emit(node)

    def _check(self) -> None:
        if self.__dict__.get("_current") and self.currentNode() is None:
            self.setCurrentNode(None)


CUSTOM = {cls.__name__: cls for cls in (qMRMLWidget, qMRMLNodeComboBox, ctkCollapsibleButton, ctkSliderWidget)}
_PLAIN_NAMES = [
    "QWidget",
    "QLabel",
    "QPushButton",
    "QSpinBox",
    "QDoubleSpinBox",
    "QComboBox",
    "QProgressBar",
    "QPlainTextEdit",
    "QTextEdit",
    "QLineEdit",
    "QCheckBox",
    "QSlider",
    "QTabWidget",
    "QTableWidget",
    "QHeaderView",
    "QTextBrowser",
    "QGroupBox",
    "QScrollArea",
    "QMenu",
    "QToolButton",
    "QFormLayout",
    "QGridLayout",
    "QVBoxLayout",
    "QHBoxLayout",
    "QMessageBox",
]
PLAIN = {name: _with_manners(getattr(QtWidgets, name)) for name in _PLAIN_NAMES}


class UiLoader(QtUiTools.QUiLoader):
    """Makes the classes above, and refuses what has no stand-in."""

    kept: list[Any] = []

    def createWidget(self, class_name: str, parent: Any = None, name: str = "") -> Any:
        cls = CUSTOM.get(class_name) or PLAIN.get(class_name)
        if cls is None:
            msg = f"no stand-in for {class_name}"
            raise RuntimeError(msg)
        widget = cls(parent)
        if class_name == "QTableWidget":
            header = PLAIN["QHeaderView"](QtCore.Qt.Orientation.Horizontal)
            QtWidgets.QTableWidget.setHorizontalHeader(widget, header)
            UiLoader.kept.append(header)
        QtCore.QObject.setObjectName(widget, name)
        UiLoader.kept.append(widget)
        return widget

    def load(self, file: Any, parent: Any = None) -> Any:
        from xml.etree import ElementTree

        root = ElementTree.fromstring(bytes(file.readAll().data()))
        connections = root.find("connections")
        if connections is not None:
            root.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(root))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        PythonQtManners.loading = True
        try:
            widget = super().load(buffer, parent)
        finally:
            PythonQtManners.loading = False
        for connection in connections if connections is not None else ():
            self._connect(widget, connection)
        return widget

    @staticmethod
    def _connect(root: Any, connection: Any) -> None:
        """Connections between C++ types that PySide does not know are made here."""

        def find(role: str) -> Any:
            name = connection.findtext(role)
            found = root if root.name == name else root.findChild(QtCore.QObject, name)
            if found is None:
                msg = f".ui connects {name}, which is not there"
                raise RuntimeError(msg)
            return found

        slot = getattr(find("receiver"), connection.findtext("slot").split("(")[0])
        signal = connection.findtext("signal").split("(")[0]
        QtCore.QObject.__getattribute__(find("sender"), signal).connect(slot)


def install(slicer: Any) -> None:
    """Put ``qt`` and ``ctk`` into ``sys.modules`` and the qMRML widgets on ``slicer``."""
    qt, ctk = types.ModuleType("qt"), types.ModuleType("ctk")
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            if name.startswith("Q") and name not in PLAIN:
                setattr(qt, name, getattr(module, name))
    vars(qt).update(PLAIN, QTimer=_with_manners(QtCore.QTimer), QUiLoader=UiLoader, Qt=QtCore.Qt)
    qt.QFile.ReadOnly = QtCore.QFile.OpenModeFlag.ReadOnly
    for name in ["DoubleSlider", "DoubleSpinBox", "ComboBox", "CheckablePushButton", "RangeWidget"]:
        setattr(ctk, f"ctk{name}", type(f"ctk{name}", (PLAIN["QWidget"],), {}))
    for name in ("PathLineEdit", "DirectoryButton", "ColorPickerButton", "DoubleRangeSlider", "CheckBox"):
        setattr(ctk, f"ctk{name}", type(f"ctk{name}", (PLAIN["QWidget"],), {}))
    for name in ("qMRMLSliderWidget", "qMRMLSpinBox", "qMRMLRangeWidget"):
        setattr(slicer, name, type(name, (PLAIN["QWidget"],), {}))
    for name, cls in CUSTOM.items():
        setattr(ctk if name.startswith("ctk") else slicer, name, cls)
    sys.modules.update(qt=qt, ctk=ctk)
    if QtWidgets.QApplication.instance() is None:
        UiLoader.kept.append(QtWidgets.QApplication([]))
