"""The app of one session: scene, images, runs, result, and the tabs that show them."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trame.app import get_server

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.fields import STEP_PREFIX
from GliomaRadiomicsLib.interface.rules import ACTIONS, PanelState, allowed
from GliomaRadiomicsLib.interface.values import start_values
from GliomaRadiomicsLib.scene.writer import SceneResult
from GliomaRadiomicsLib.webapp.process import READY_FILE
from GliomaRadiomicsLib.webapp.view import layout
from GliomaRadiomicsLib.webapp.view.display import Display
from GliomaRadiomicsLib.webapp.view.files import FileRoutes
from GliomaRadiomicsLib.webapp.view.images import Images
from GliomaRadiomicsLib.webapp.view.jobs import Jobs
from GliomaRadiomicsLib.webapp.view.runs import Runs
from GliomaRadiomicsLib.webapp.view.settings import ViewSettings
from GliomaRadiomicsLib.webapp.view.shown import Shown
from GliomaRadiomicsLib.webapp.view.tabs.check import CheckTab
from GliomaRadiomicsLib.webapp.view.tabs.cohort import CohortTab
from GliomaRadiomicsLib.webapp.view.tabs.features import FeaturesTab
from GliomaRadiomicsLib.webapp.view.tabs.grade import GradeTab
from GliomaRadiomicsLib.webapp.view.tabs.inputs import InputsTab
from GliomaRadiomicsLib.webapp.view.tabs.models import ModelsTab
from GliomaRadiomicsLib.webapp.view.tabs.molecular import MolecularTab
from GliomaRadiomicsLib.webapp.view.tabs.report import ReportTab
from GliomaRadiomicsLib.webapp.view.tabs.run import RunTab
from GliomaRadiomicsLib.webapp.view.tabs.summary import SummaryHead
from GliomaRadiomicsLib.webapp.view.tabs.survival import SurvivalTab
from GliomaRadiomicsLib.webapp.view.tabs.tumour import TumourTab
from GliomaRadiomicsLib.webapp.view.uploads import Uploads

_ASSETS = Path(__file__).parent / "assets"


def _plotly_folder() -> str:
    """Where the package plotly keeps the program for the browser."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RefusedInput(what="no charts without plotly", remedy="pip install 'glioma-radiomics[app]'")
    return str(Path(spec.origin).parent / "package_data")


class ViewApp:
    """One session.

    Args:
        settings: From the front.
    """

    def __init__(self, settings: ViewSettings) -> None:
        self.settings = settings
        self.server = get_server("glioma-radiomics", client_type="vue3")
        self.state = self.server.state
        self.display = Display(self.server)
        self.images = Images(self.display.scene, settings.folder)
        self.uploads = Uploads(settings.folder, settings.upload_mb)
        self.runs = Runs(settings.folder, self._on_event, settings.worker)
        self.shown = Shown(self.display.scene, self._on_shown, self.runs.forget)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._start_state()
        self.jobs = Jobs(self)
        self.inputs, self.check, self.run_tab = InputsTab(self), CheckTab(self), RunTab(self)
        self.cohort, self.models = CohortTab(self), ModelsTab(self)
        self.head = SummaryHead(self)
        kinds = (GradeTab, MolecularTab, SurvivalTab, FeaturesTab)
        self.tumour, self.report = TumourTab(self), ReportTab(self)
        self.result_tabs = [self.tumour, *(kind(self) for kind in kinds), self.report]
        layout.build(self)
        self.show_result()
        self.refresh()

    @property
    def nodes(self) -> SceneResult | None:
        """The nodes of the result that is shown."""
        return self.shown.nodes

    @property
    def output(self) -> Path | None:
        """The output folder of the result that is shown."""
        return self.shown.output

    @property
    def result(self) -> CaseResult | None:
        """What was found by the run that is shown."""
        return self.shown.result

    @property
    def values(self) -> dict[str, Any]:
        """What is filled in for a run; of the page's state only what there is a field for."""
        return {key: self.state.values.get(key, default) for key, default in start_values().items()}

    async def serve(self) -> None:
        """Serve until this is cancelled; says where in a file that the front waits for."""
        uses = {"images": self.inputs.take, "outline": self.tumour.outline.take}
        uses |= {"cohort": self.cohort.take, "model": self.models.take, "series": self.report.take}
        routes = FileRoutes(
            self.settings.secret,
            self.uploads,
            {use: self.taking(take) for use, take in uses.items()},
            self._refuse_upload,
            lambda: self.output,
            lambda: self.cohort.table_of_results,
            lambda: self.report.exported,
        )
        self.server.controller.on_server_bind.add(lambda bound: routes.add_to(bound.app))
        self.server.controller.on_server_ready.add(self._say_ready)
        self.server.enable_module(
            {
                "serve": {"__glioma": str(_ASSETS), "__plotly": _plotly_folder()},
                "scripts": ["__glioma/app.js"],
                "styles": ["__glioma/app.css"],
            }
        )
        await self.server.start(
            port=0,
            host="127.0.0.1",
            timeout=0,
            open_browser=False,
            show_connection_info=False,
            exec_mode="coroutine",
            thread=True,
        )

    def close(self) -> None:
        """End what runs."""
        self.runs.close()

    def refresh(self) -> None:
        """Find anew which button may be pressed."""
        roles = frozenset(role for role, key in self.state.roles.items() if key)
        steps = [key for key in self.state.values if key.startswith(STEP_PREFIX) and self.state.values[key]]
        state = PanelState(
            sequences=roles,
            running=self.state.running,
            result=self.result,
            mask_edited=self.shown.is_outline_edited,
            has_images=bool(self.shown.origin),
            steps=frozenset(key.removeprefix(STEP_PREFIX) for key in steps),
            cohort=self.cohort.is_filled,
            training=self.models.train.is_filled,
            model=bool(self.state.model_chosen),
        )
        answers = {action: allowed(action, state) for action in ACTIONS}
        self.state.allow = {action: {"ok": one.ok, "why": one.why} for action, one in answers.items()}

    def show_result(self) -> None:
        """Let every tab show the result, or that there is none."""
        self.state.has_result = self.result is not None
        self.state.shown_patient = self.shown.name
        self.head.show_result()
        for tab in self.result_tabs:
            tab.show_result()

    def told(self, message: str) -> None:
        """Say what is being done, beside the progress."""
        with self.state:
            self.state.progress_text = message

    def say(self, title: str, error: object) -> None:
        """Show a refusal or a failure above the tabs, without paths of this machine."""
        self.state.error = {"title": title, "text": self.without_paths(str(error))}

    def without_paths(self, text: str) -> str:
        """A text with file names where it had paths in this session's folder."""
        return re.sub(rf"{re.escape(str(self.settings.folder))}/(?:[^\s:,;]*/)?", "", text)

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let a handler show what it refuses and what goes wrong; asynchronous ones go on by themselves."""

        @functools.wraps(function)
        def handler(*arguments: Any, **options: Any) -> None:
            if asyncio.iscoroutinefunction(function):
                self.spawn(function(*arguments, **options))
                return
            try:
                function(*arguments, **options)
            except Exception as error:  # noqa: BLE001 - shown to the user, and the panel goes on
                self._tell(error)

        return handler

    def spawn(self, work: Any) -> None:
        """Do something that takes its time, while the page goes on."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - shown to the user, and the panel goes on
                self._tell(error)
            with self.state:
                self.refresh()

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, error: Exception) -> None:
        with self.state:
            if isinstance(error, RefusedInput):
                self.say("This cannot be used", error)
                return
            logging.getLogger(__name__).error("a handler failed: %s", type(error).__name__, exc_info=error)
            self.say("This did not succeed", f"{type(error).__name__}: {error}")

    def _start_state(self) -> None:
        self.state.trame__title = "Glioma Radiomics"
        self.state.update(
            {
                "dark": True,
                "tab": "inputs",
                "result_tab": "tumour",
                "error": None,
                "values": start_values(),
                "roles": dict.fromkeys((*SEQUENCES, "mask"), ""),
                "running": False,
                "has_result": False,
                "shown_patient": "",
                "upload_text": "",
                "fold_open": "",
                "model_chosen": "",
                "allow": {},
            }
        )
        self.state.change("tab", "result_tab")(self._forget_error)
        self.state.change("values", "roles", "running", "model_chosen")(lambda **_: self.refresh())

    def _forget_error(self, **_: Any) -> None:
        self.state.error = None

    def _on_event(self, event: dict[str, Any]) -> None:
        with self.state:
            if event["type"] == "check":
                self.check.take_findings(event["findings"])
            else:
                self.jobs.show_event(self.cohort.worded(event))

    def _refuse_upload(self, refusal: RefusedInput) -> None:
        with self.state:
            self.state.upload_text = ""
            self.say("This file was not taken", refusal)

    def taking(self, take: Callable[[Path], Awaitable[None]]) -> Callable[[Path], Awaitable[None]]:
        """What happens to a finished upload; a refusal is shown."""

        async def taking(folder: Path) -> None:
            with self.state:
                self.state.update({"upload_text": "Reading", "error": None})
            try:
                await take(folder)
            except RefusedInput as refusal:
                self._refuse_upload(refusal)
            finally:
                with self.state:
                    self.state.upload_text = ""
                    self.refresh()

        return taking

    def _on_shown(self) -> None:
        with self.state:
            self._forget_error()
            if self.nodes is not None:
                self.display.show_result(self.nodes)
                self.check.show_findings(self.nodes.result.passport)
            self.inputs.list_shown()
            self.show_result()
            self.refresh()

    def _say_ready(self, **_: Any) -> None:
        partial = self.settings.folder / f"{READY_FILE}.partial"
        partial.write_text(json.dumps({"port": self.server.port}), encoding="utf-8")
        partial.replace(self.settings.folder / READY_FILE)
