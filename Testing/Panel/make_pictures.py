"""Pictures of every section and tab, light and dark: ``python make_pictures.py OUTPUT_FOLDER --out PICTURES``.

The widgets are those of the PySide6 stand-in (`support.pyside_standin`), so fonts and frames differ from 3D Slicer's;
texts, tables and arrangement are the panel's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from GliomaRadiomicsLib.core.results import Finding  # noqa: E402

WIDTH = 470
"""Pixels; about what Slicer's module panel has."""


def make_panel() -> Any:
    """The module's widget on an empty scene."""
    import importlib.util

    import slicer
    from support import pyside_standin, slicer_base_stub

    from GliomaRadiomicsLib.pipeline.spare import Spare
    from GliomaRadiomicsLib.scene import headless
    from GliomaRadiomicsLib.scene.views import add_view_nodes

    headless.boot()
    pyside_standin.install(slicer)
    slicer_base_stub.install(slicer)
    settings = qt_settings(tempfile.mkdtemp(prefix="glioma-radiomics-pictures-"))
    vars(slicer.app).update(connect=lambda *_: None, userSettings=lambda: settings)
    Spare.start = lambda _spare: None  # type: ignore[method-assign]
    path = ROOT / "GliomaRadiomics" / "GliomaRadiomics.py"
    spec = importlib.util.spec_from_file_location("GliomaRadiomics", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018 - for the type checker
    module = importlib.util.module_from_spec(spec)
    sys.modules["GliomaRadiomics"] = module
    spec.loader.exec_module(module)
    import qt

    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(slicer.mrmlScene)
    parent.__dict__["isEntered"] = True
    add_view_nodes(slicer.mrmlScene)
    widget = module.GliomaRadiomicsWidget(parent)
    widget.setup()
    return widget


def qt_settings(folder: str) -> Any:
    """Settings of the application, in a file of their own."""
    from PySide6.QtCore import QSettings

    return QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)


def fill(widget: Any, output: Path) -> None:
    """Show a result, with its images in the selectors, and a map over the image."""
    import slicer

    from GliomaRadiomicsLib.scene.writer import write_result

    nodes = write_result(output, patient="Patient", scene=slicer.mrmlScene)
    widget.panel.show_new(nodes, "Patient", output)
    widget.panel.inputs.fill(nodes.volumeNodes)
    widget.ui.ageSpinBox.value = 60
    if widget.ui.heatmapComboBox.count > 1:
        widget.ui.heatmapComboBox.currentIndex = widget.ui.heatmapComboBox.count - 1


def fill_cohort(widget: Any, output: Path, folder: Path) -> None:
    """A cohort of which two patients are done, one cannot be used and one has no images."""
    from GliomaRadiomicsLib.pipeline.cohort_files import columns, write_rows

    (folder / "P01").symlink_to(output.absolute())
    (folder / "P02").symlink_to(output.absolute())
    empty = dict.fromkeys(columns(), "")
    agreed = {"agreement_label": "HGG", "agreement": "yes", "warnings": "0"}
    done = empty | {
        "status": "done",
        "wt_ml": "161.1",
        "et_ml": "37.2",
        "agreement_probability_grade4": "0.76",
        **agreed,
    }
    rows = [
        done | {"case": "P01", "line": "2", "folder": "P01"},
        done | {"case": "P02", "line": "3", "folder": "P02", "wt_ml": "8.4", "et_ml": "0.6", "warnings": "2"},
        empty
        | {"case": "P03", "line": "4", "status": "refused", "message": "t1ce: image is constant; check the export"},
        empty | {"case": "P04", "line": "5", "status": "skipped", "message": "no images: neither a sequence nor dicom"},
    ]
    write_rows(rows, folder)
    widget.ui.cohortEdit.text, widget.ui.cohortOutEdit.text = "study/COHORT.csv", str(folder)
    widget.panel.cohort.list_rows()
    widget.ui.cohortOutEdit.text = "study/results"
    widget.ui.cohortTable.selectRow(0)


def show_before(widget: Any) -> None:
    """As after an edit of the outline: other volumes before."""
    from dataclasses import replace

    result = widget.panel.nodes.result
    before = {region: 1.1 * volume for region, volume in result.segmentation.volumes_ml.items()}
    widget.panel.before = replace(result, segmentation=replace(result.segmentation, volumes_ml=before))
    widget.panel.tumour.show_result()


WARNINGS = [
    Finding("sequences-swapped", "warning", "T1ce and T1 seem to be swapped; check the selectors"),
    Finding("slices-thick", "warning", "slices are 6.0 mm thick; small parts of the tumour may be missed", "flair"),
]


class RunUnderWay:
    """A run that has come some way."""

    output_folder = Path()

    def __init__(self, doing: str) -> None:
        self._events = [
            {"type": "log", "message": "reading the images"},
            {"type": "progress", "fraction": 0.42, "message": doing},
        ]

    def steps(self) -> Iterator[str]:
        """Started at once."""
        yield from ()

    def poll(self) -> list[dict[str, Any]]:
        """What it said so far."""
        events, self._events = self._events, []
        return events

    def kill(self) -> None:
        """There is no process."""


def follow(control: Any, doing: str) -> None:
    """Show a run that has been under way for a minute and a half."""
    from GliomaRadiomicsLib.panel.run_control import RunWords

    control.follow(RunUnderWay(doing), lambda _result: None, RunWords("", "", "", ""))
    control.poll()
    control._began -= 95
    control.poll()


def palette(dark: bool) -> Any:
    """Colours as Slicer's light and dark style have them."""
    from PySide6.QtGui import QColor, QPalette

    made = QPalette()
    window, base, text, off = (
        ("#2d2d2d", "#1e1e1e", "#e8e8e8", "#8a8a8a") if dark else ("#f0f0f0", "#fff", "#111", "#888")
    )
    roles = {QPalette.ColorRole.Window: window, QPalette.ColorRole.Base: base, QPalette.ColorRole.Button: window}
    roles |= {QPalette.ColorRole.AlternateBase: window, QPalette.ColorRole.ToolTipBase: base}
    words = ("WindowText", "Text", "ButtonText", "ToolTipText")
    roles |= {getattr(QPalette.ColorRole, name): text for name in words}
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for name in words:
        made.setColor(QPalette.ColorGroup.Disabled, getattr(QPalette.ColorRole, name), QColor(off))
    return made


def take(widget: Any, folder: Path, theme: str) -> None:
    """A picture of each section, and of the results with each tab in front."""
    from PySide6.QtWidgets import QApplication, QLayout

    ui, parent = widget.ui, widget.parent
    keys = ("inputs", "check", "run", "results", "cohort", "models")
    folds = {key: getattr(ui, f"{key}CollapsibleButton") for key in keys}

    def grab(name: str, open_one: str) -> None:
        for key, fold in folds.items():
            fold.setVisible(key == open_one)
            fold.collapsed = False
        for _ in range(3):
            parent.setFixedWidth(WIDTH)
            QApplication.processEvents()
            for inner in parent.findChildren(QLayout):
                inner.invalidate()
            parent.setFixedHeight(max(parent.layout().totalHeightForWidth(WIDTH), 100))
            QApplication.processEvents()
        parent.grab().save(str(folder / f"{name}-{theme}.png"))

    for key in ("inputs", "check", "run", "cohort", "models"):
        grab(key, key)
    for index in range(ui.resultTabs.count):
        ui.resultTabs.currentIndex = index
        tab = ui.resultTabs.tabText(index).lower()
        grab(tab, "results")
        evidence = getattr(ui, f"{tab}EvidenceButton", None)
        if evidence is not None:
            evidence.collapsed = False
            grab(f"{tab}-evidence", "results")
            evidence.collapsed = True
    findings = widget.panel.nodes.result.passport
    widget.panel.check.show_findings([*WARNINGS, *findings])
    grab("check-warnings", "check")
    widget.panel.check.show_findings(findings)
    panel = widget.panel
    runs = (
        ("run", panel.run.control, "outlining the tumour"),
        ("models", panel.models.control, "measuring patient 7"),
        ("cohort", panel.cohort.control, "patient 3 of 7: outlining the tumour"),
    )
    for section, control, doing in runs:
        follow(control, doing)
        grab(f"{section}-under-way", section)
        control.stop()
        panel.refresh()


def main() -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output_folder", type=Path, help="folder that `analyze` or `demo` wrote")
    parser.add_argument("--out", type=Path, default=Path("panel-pictures"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    widget = make_panel()
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    application.setStyle("Fusion")
    application.setFont(QFont("DejaVu Sans", 9))
    fill(widget, options.output_folder)
    show_before(widget)
    fill_cohort(widget, options.output_folder, Path(tempfile.mkdtemp(prefix="glioma-radiomics-pictures-")))
    widget.ui.modelTable.selectRow(0)
    widget.ui.advancedCollapsibleButton.collapsed = False
    widget.ui.logCollapsibleButton.collapsed = False
    widget.ui.logText.appendPlainText("Aligning T2\nOutlining the tumour")
    for theme in ("light", "dark"):
        application.setPalette(palette(theme == "dark"))
        widget.parent.show()
        take(widget, options.out, theme)
    return 0


if __name__ == "__main__":
    sys.exit(main())
