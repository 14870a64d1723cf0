"""Small pieces that the tabs share: buttons that follow the rules, widgets for fields, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.fields import Choice, Field

_COLOURS = "{ok: 'success', caution: 'warning', no: 'error'}"


def action_button(action: str, text: str, click: Callable[..., Any] | str, icon: str, **options: Any) -> None:
    """A button of `interface.rules`: off where the rules say so, its tool tip says what it does or what is missing."""
    with html.Div(title=(f"allow.{action}?.why",), classes="d-inline-block mr-2 mb-2"):
        v3.VBtn(
            text,
            prepend_icon=icon,
            disabled=(f"!allow.{action}?.ok",),
            click=click,
            **{"id": f"do-{action}", "size": "small", "color": "primary", "variant": "flat", **options},
        )


def field_input(field: Field, values: str, choices: Sequence[Choice] = ()) -> None:
    """A widget for a field; its value is ``values.<key>`` of the state, its choices the field's own or ``choices``."""
    common: dict[str, Any] = {
        "v_model": (f"{values}.{field.key}",),
        "update_modelValue": f"flushState('{values}')",
        "label": field.title,
        "density": "compact",
        "hide_details": True,
        "title": field.help,
        "id": f"field-{field.key}",
        "disabled": ("running",),
    }
    if field.kind == "flag":
        v3.VCheckbox(**common)
    elif field.kind == "choice":
        items = [{"title": choice.label, "value": choice.value} for choice in choices or field.choices]
        v3.VSelect(items=(f"items_{field.key}", items), variant="outlined", classes="mb-2", **common)
    elif field.kind != "number":
        v3.VTextField(variant="outlined", classes="mb-2", **common)
    else:
        common["hide_details"] = "auto"
        v3.VTextField(
            type="number",
            error_messages=(_refusal(field, f"{values}.{field.key}"),),
            min=field.low,
            max=field.high,
            step=field.step,
            variant="outlined",
            placeholder="not known",
            persistent_placeholder=True,
            classes="mb-2",
            **common,
        )


def _refusal(field: Field, value: str) -> str:
    """Expression: what is wrong with a number that was filled in."""
    between = f" || {value} % {field.step:g}" if field.only_steps else ""
    wrong = f"{value} < {field.low:g} || {value} > {field.high:g}{between}"
    return f"{value} && ({wrong}) ? 'Not possible: {field.range_words}.' : ''"


def percent_slider(field: Field, model: str, disabled: str) -> None:
    """A slider for a number of percent."""
    with html.Div(title=field.help, classes="d-flex align-center"):
        html.Span(f"{field.label}", style="width: 90px;")
        v3.VSlider(
            v_model=(model,),
            min=field.low,
            max=field.high,
            step=field.step,
            hide_details=True,
            density="compact",
            disabled=(disabled,),
            id=f"slider-{field.key}",
        )
        html.Span(f"{{{{ {model} }}}} %", classes="nowrap ml-2", style="width: 48px; text-align: right;")


def trust_chip(row: str) -> None:
    """Sign and word of a trust, in a colour that the sign repeats."""
    v3.VChip(
        f"{{{{ {row}.trust_text }}}}",
        v_if=(f"{row}.trust_text",),
        color=(f"{_COLOURS}[{row}.trust] || 'default'",),
        size="small",
        variant="flat",
    )


def lines(expression: str, **options: Any) -> None:
    """A paragraph for every line of a list in the state."""
    html.P("{{ line }}", v_for=f"(line, i) in {expression}", key="i", **options)


def text(expression: str, **options: Any) -> None:
    """A paragraph that is there when there is a text."""
    html.P(f"{{{{ {expression} }}}}", v_if=(expression,), **options)


@contextmanager
def fold(key: str, title: str) -> Iterator[None]:
    """A part that opens at a click on its title, one at a time; ``fold_open`` of the state says which."""
    html.Button(
        f"{{{{ fold_open === '{key}' ? '▾' : '▸' }}}} {title}",
        type="button",
        click=f"fold_open = fold_open === '{key}' ? '' : '{key}'",
        classes="fold-title",
        id=f"fold-{key}",
    )
    with html.Div(v_show=(f"fold_open === '{key}'",), classes="fold-body"):
        yield


def upload_button(
    use: str, label: str, help_text: str, *, multiple: bool = False, folder: bool = False, **options: Any
) -> None:
    """A button that uploads files for a use (see `view.app`); ``folder`` chooses one with all that is in it."""
    attributes = ["webkitdirectory"] if folder else []
    html.Input(
        type="file",
        multiple=multiple or folder,
        id=f"upload-{use}",
        change=f"utils.glioma.upload($event, '{use}')",
        hidden=True,
        raw_attrs=attributes,
    )
    v3.VBtn(
        label,
        click=f"utils.glioma.pick('upload-{use}')",
        prepend_icon="mdi-folder-upload-outline" if folder else "mdi-upload",
        disabled=("running",),
        id=f"do-upload-{use}",
        title=help_text,
        **{"size": "small", "variant": "outlined", **options},
    )
