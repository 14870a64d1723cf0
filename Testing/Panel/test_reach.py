"""Everything can be reached by the keyboard, in the order in which it is read, and says what it is for."""

from __future__ import annotations

from typing import Any

import pytest

STOPS = ("Button", "Selector", "SpinBox", "ComboBox", "CheckBox", "Slider", "Edit", "Table", "Text", "Browser", "Tabs")

OWN_TIPS = ("resultTabs", "exportLogText", "exportCancelButton")
"""Tabs have one each; what belongs to an export says what it is for while one goes on."""


def reachable(widget: Any) -> dict[str, Any]:
    return {name: one for name, one in vars(widget.ui).items() if name.endswith(STOPS) and name not in OWN_TIPS}


def tab_chain(widget: Any) -> list[str]:
    """Names in the order of the Tab key, from the first section on; parts of a widget count as the widget."""
    from PySide6.QtCore import QObject

    first = widget.ui.inputsCollapsibleButton
    names: list[str] = []
    one = first
    while True:
        owner = one
        while owner is not None and QObject.objectName(owner) not in vars(widget.ui):
            owner = QObject.parent(owner)
        if QObject.property(one, "focusPolicy").value and owner is not None:
            names.append(QObject.objectName(owner))
        one = one.nextInFocusChain()
        if one is first:
            return names


def buddy(label: Any) -> str:
    from PySide6.QtCore import QObject

    return QObject.objectName(label.buddy()) if label.buddy() is not None else ""


@pytest.mark.parametrize(
    "order",
    [
        ["inputsCollapsibleButton", "t1Selector", "loadFolderButton", "clinicalCollapsibleButton", "ageSpinBox"],
        ["ageSpinBox", "checkCollapsibleButton", "checkButton", "runCollapsibleButton", "step_featuresCheckBox"],
        ["deviceComboBox", "runButton", "cancelButton", "resultsCollapsibleButton", "resultTabs", "tumourTable"],
        ["recomputeButton", "gradeTable", "heatmapComboBox", "molecularTable", "survivalTable", "nomogramTable"],
        ["nomogramTable", "featureTextEdit", "openReportButton", "cohortCollapsibleButton", "runCohortButton"],
        ["cohortShowButton", "modelsCollapsibleButton", "modelTable", "trainButton"],
    ],
)
def test_the_tab_key_goes_as_the_panel_is_read(widget: Any, order: list[str]) -> None:
    names = tab_chain(widget)
    places = [names.index(name) for name in order]
    assert places == sorted(places)


def test_everything_has_a_tool_tip_and_a_name(widget: Any) -> None:
    parts = reachable(widget)
    assert len(parts) > 80
    assert [name for name, one in parts.items() if not one.toolTip] == []
    labelled = {buddy(one) for name, one in vars(widget.ui).items() if name.endswith("Label")}
    unnamed = [
        name for name, one in parts.items() if not (one.accessibleName or getattr(one, "text", "") or name in labelled)
    ]
    assert unnamed == []
