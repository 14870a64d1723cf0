"""Cohort: every patient of a table, who is done and who is not, and one of them into the views."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.cohort import (
    CohortRow,
    cohort_job,
    cohort_rows,
    cohort_summary,
    patient_line,
    patient_origin,
)
from GliomaRadiomicsLib.interface.fields import COHORT_FIELDS
from GliomaRadiomicsLib.interface.sections import section
from GliomaRadiomicsLib.pipeline.cohort_files import COHORT_FILE
from GliomaRadiomicsLib.webapp.view.cohort_upload import check_inside, find_table
from GliomaRadiomicsLib.webapp.view.jobs import JobWords
from GliomaRadiomicsLib.webapp.view.widgets import action_button, field_input, text, trust_chip, upload_button

_WORDS = JobWords(
    "cohort",
    "This cohort cannot be run",
    "The cohort did not succeed; run it again to go on where it ended",
    "Cancelled; patients who are complete stay.",
)
_COLOURS = "{done: 'success', refused: 'error', failed: 'error', skipped: 'warning'}"


class CohortTab:
    """The tab Cohort; only an app that this machine alone can reach reads and writes other folders of it."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._rows: list[CohortRow] = []
        self._uploaded: Path | None = None
        self._own_folders: dict[str, Path] = {}
        self._is_opening = False
        self._state.update({"cohort": {"cohort": "", "cohort_out": ""}, "cohort_resume": True})
        self._state.update({"cohort_uploaded": "", "cohort_rows": [], "cohort_summary": ""})
        self._state.change("cohort")(app.guarded(self._on_fields))

    @property
    def is_filled(self) -> bool:
        """Whether there is a table."""
        return bool(self._table())

    @property
    def table_of_results(self) -> Path | None:
        """Of the patients that are listed."""
        out = self._out()
        return out / COHORT_FILE if out is not None and self._rows else None

    def build(self) -> None:
        """Widgets."""
        html.P(f"{section('cohort').help} Steps and device are those of the tab Run.", classes="hint mb-3")
        if self._app.settings.local:
            for field in COHORT_FIELDS:
                field_input(field, "cohort")
            html.P("Without an output folder the results are kept until the session ends.", classes="hint mb-2")
        help_text = "A folder with COHORT.csv and the images that it names, their paths relative to the table."
        upload_button("cohort", "Upload a folder with table and images", help_text, folder=True)
        text("upload_text", classes="upload-text")
        with html.P(v_if=("cohort_uploaded",), id="cohort-uploaded"):
            html.Span("Uploaded: {{ cohort_uploaded }} ")
            v3.VBtn(
                "Leave it",
                click=self._app.guarded(self._leave_upload),
                size="x-small",
                variant="text",
                disabled=("running",),
            )
        v3.VCheckbox(
            label="Keep patients who are complete",
            v_model=("cohort_resume",),
            density="compact",
            hide_details=True,
            disabled=("running",),
            title="What has the same images, settings, models and version is not computed again.",
            id="cohort-resume",
        )
        action_button("run_cohort", "Run the cohort", self._app.guarded(self._run), "mdi-play", size="default")
        self._app.jobs.build("cohort")
        self._table_of_rows()

    async def take(self, folder: Path) -> None:
        """Use a table that was uploaded; raises `RefusedInput` if there is none, or it names other files."""
        table = find_table(folder)
        if not self._app.settings.local:
            check_inside(table, folder)
        self._uploaded = table
        with self._state:
            self._state.cohort_uploaded = table.relative_to(folder).as_posix()
            self._list()

    def worded(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event with a line for the log; when a patient has ended the list is read again."""
        if event["type"] != "patient":
            return event
        self._list()
        return {**event, "message": patient_line(event)}

    def _table_of_rows(self) -> None:
        with html.Div(classes="d-flex align-center mt-2"):
            html.Span("{{ cohort_summary }}", id="cohort-summary", classes="font-weight-medium flex-grow-1")
            v3.VBtn(
                "CSV",
                v_if=("cohort_rows.length",),
                href="session/cohort",
                size="x-small",
                variant="outlined",
                title="Save the table of results.",
                id="cohort-csv",
            )
        with html.Table(classes="facts", id="cohort-table", v_if=("cohort_rows.length",)):
            with html.Thead(), html.Tr():
                for title, kind in (
                    ("Patient", ""),
                    ("Status", ""),
                    ("Whole tumour", "number"),
                    ("Enhancing", "number"),
                ):
                    html.Th(title, classes=kind)
                html.Th("")
            with html.Tbody(v_for="(row, i) in cohort_rows", key="row.case"):
                with html.Tr(classes="cohort-row"):
                    html.Td("{{ row.case }}", classes="font-weight-medium wrap")
                    with html.Td():
                        v3.VChip(
                            "{{ row.status_text }}",
                            color=(f"{_COLOURS}[row.status] || 'default'",),
                            size="x-small",
                            variant="flat",
                        )
                    html.Td("{{ row.wt || '–' }}", classes="number")
                    html.Td("{{ row.et || '–' }}", classes="number")
                    with html.Td():
                        v3.VBtn(
                            "Show",
                            v_if=("row.done",),
                            click=(self._app.guarded(self._open), "[i]"),
                            size="x-small",
                            color="primary",
                            variant="flat",
                            classes="open-patient",
                            title="Show images and result of this patient.",
                        )
                with (
                    html.Tr(v_if=("row.grade || row.note",), classes="cohort-more"),
                    html.Td(colspan=5, classes="hint"),
                ):
                    html.Span("{{ row.grade }} ")
                    trust_chip("row")
                    html.Div("{{ row.note }}")

    def _table(self) -> Path | None:
        if self._uploaded is not None:
            return self._uploaded
        typed = str(self._state.cohort["cohort"]).strip() if self._app.settings.local else ""
        return Path(typed).expanduser().absolute() if typed else None

    def _out(self) -> Path | None:
        """The folder that was named, where that may be; else one of the session for each table."""
        typed = str(self._state.cohort["cohort_out"]).strip() if self._app.settings.local else ""
        if typed:
            return Path(typed).expanduser().absolute()
        table = self._table()
        if table is None:
            return None
        number = str(len(self._own_folders) + 1)
        return self._own_folders.setdefault(str(table), self._app.settings.folder / "cohorts" / number)

    def _list(self) -> None:
        """Who has ended in the output folder; patients of an earlier run too."""
        out = self._out()
        try:
            self._rows = cohort_rows(out) if out is not None else []
            self._state.cohort_summary = cohort_summary(self._rows)
        except RefusedInput as refusal:
            self._rows = []
            self._state.cohort_summary = self._app.without_paths(str(refusal))
        self._state.cohort_rows = [_plain(row) for row in self._rows]

    def _leave_upload(self) -> None:
        self._uploaded = None
        self._state.cohort_uploaded = ""
        self._on_fields()

    def _on_fields(self, **_: Any) -> None:
        if not self._state.running:
            self._list()
        self._app.refresh()

    async def _run(self) -> None:
        table, out = self._table(), self._out()
        if table is None or out is None:
            raise RefusedInput(what="no table of patients", remedy="give its path, or upload it with its images")
        values = {**self._app.values, "step_scene": False}
        out.parent.mkdir(parents=True, exist_ok=True)
        job = cohort_job(values, str(table), str(out), resume=bool(self._state.cohort_resume), workers=1)
        await self._app.jobs.run(job, _WORDS)
        with self._state:
            self._list()

    async def _open(self, index: int) -> None:
        row = self._rows[int(index)]
        if row.folder is None or self._is_opening:
            return
        self._is_opening = True
        try:
            with self._state:
                self._app.inputs.set_aside()
            await self._app.shown.open(row.folder, row.case, self._origin(row.case), self._app.told)
        finally:
            self._is_opening = False
        with self._state:
            self._state.update({"tab": "results", "progress_text": ""})

    def _origin(self, case: str) -> dict[str, Any]:
        """Empty if the table is not at hand any more: then nothing can be computed again."""
        table = self._table()
        try:
            return patient_origin(table, case) if table is not None else {}
        except RefusedInput:
            return {}


def _plain(row: CohortRow) -> dict[str, Any]:
    plain = asdict(row) | {"done": row.folder is not None, "trust": row.mark, "trust_text": row.trust}
    del plain["folder"], plain["report"]
    return plain
