"""The page: bar above, panel at the left, views at the right, the notice below."""

from __future__ import annotations

from typing import Any

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.sections import RESULT_TABS, section
from GliomaRadiomicsLib.interface.summary import NOTICE

_PANEL_WIDTH = 500
_SECTIONS = ("inputs", "check", "run", "results", "cohort", "models")


def build(app: Any) -> None:
    """Build the page of a `ViewApp`."""
    with VAppLayout(app.server) as page:
        page.root.theme = ("dark ? 'dark' : 'light'",)
        _bar(app)
        with v3.VFooter(app=True, classes="notice-bar", id="notice"):
            html.Span(NOTICE)
        with v3.VNavigationDrawer(permanent=True, width=_PANEL_WIDTH, id="panel"):
            _panel(app)
        with v3.VMain(style="height: 100vh;"), html.Div(style="height: 100%; display: flex;"):
            app.display.layout.initialize_layout_grid(page)


def _bar(app: Any) -> None:
    with v3.VAppBar(density="compact", elevation=1):
        html.Span("Glioma Radiomics", classes="text-h6 ml-4")
        v3.VSpacer()
        html.Span("Image shown", classes="text-caption mr-2", v_if=("shown_items.length",))
        with v3.VBtnToggle(
            v_model=("shown",), mandatory=True, density="compact", color="primary", v_if=("shown_items.length",)
        ):
            v3.VBtn("{{ one.title }}", v_for="one in shown_items", key="one.value", value=("one.value",), size="small")
        v3.VSpacer()
        v3.VProgressLinear(
            model_value=("progress",),
            v_if=("running",),
            color="primary",
            height=8,
            style="max-width: 160px;",
            rounded=True,
        )
        v3.VBtn(
            icon=("dark ? 'mdi-weather-sunny' : 'mdi-weather-night'",),
            click="dark = !dark",
            id="theme",
            title="Light or dark",
            size="small",
        )
        v3.VBtn(
            "End session",
            click="utils.glioma.end()",
            id="end-session",
            size="small",
            prepend_icon="mdi-delete-outline",
            title="End this session: your images, results and logs are deleted from the server now.",
        )


def _panel(app: Any) -> None:
    for name in ("tab", "error"):
        client.ClientStateChange(value=name, change="utils.glioma.top()")
    with v3.VTabs(
        v_model=("tab",), density="compact", color="primary", classes="main-tabs", show_arrows=False, grow=True
    ):
        for key in _SECTIONS:
            one = section(key)
            v3.VTab(one.title, value=key, title=one.help, id=f"tab-{key}")
    v3.VDivider()
    v3.VAlert(
        v_if=("error",),
        title=("error?.title",),
        text=("error?.text",),
        type="error",
        variant="tonal",
        density="compact",
        closable=True,
        click_close="error = null",
        classes="ma-2",
        id="error",
    )
    builders = {
        "inputs": app.inputs.build,
        "check": app.check.build,
        "run": app.run_tab.build,
        "results": lambda: _results(app),
        "cohort": app.cohort.build,
        "models": app.models.build,
    }
    for key, build_tab in builders.items():
        with html.Div(v_show=(f"tab === '{key}'",), classes="panel-body", id=f"body-{key}"):
            build_tab()


def _results(app: Any) -> None:
    html.P("No result yet: load images and run.", v_if=("!has_result",), classes="hint")
    with html.Div(v_show=("has_result",)):
        html.P(
            "Patient {{ shown_patient }} of the cohort",
            v_if=("shown_patient",),
            classes="font-weight-medium",
            id="shown-patient",
        )
        app.head.build()
        with v3.VTabs(
            v_model=("result_tab",), density="compact", color="primary", classes="result-tabs mt-2", show_arrows=False
        ):
            for one in RESULT_TABS:
                v3.VTab(one.title, value=one.key, title=one.help, id=f"tab-{one.key}")
        v3.VDivider(classes="mb-2")
        for one, tab in zip(RESULT_TABS, app.result_tabs, strict=True):
            with html.Div(v_show=(f"result_tab === '{one.key}'",), id=f"body-{one.key}"):
                tab.build()
