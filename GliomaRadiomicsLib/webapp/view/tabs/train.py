"""The box Train of the tab Models: what to train on which patients, and where to."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.interface.fields import TRAIN_FIELDS, Choice, field
from GliomaRadiomicsLib.interface.model_jobs import is_train_filled, suggested_name, train_job
from GliomaRadiomicsLib.interface.models import trainable
from GliomaRadiomicsLib.webapp.view.widgets import action_button, field_input, fold


class TrainBox:
    """Fields of a training.

    Args:
        app: The app.
        start: Called with the job when the user wants it; may be waited for.
    """

    def __init__(self, app: Any, start: Any) -> None:
        self._app, self._state, self._start = app, app.state, start
        self._systems = trainable()
        self._state.train = {one.key: one.default or "" for one in TRAIN_FIELDS}
        self._state.change("train")(app.guarded(self._on_fields))

    @property
    def is_filled(self) -> bool:
        """Whether everything that is needed is given."""
        return is_train_filled(self._state.train)

    def build(self) -> None:
        """Widgets."""
        with fold("train", "Train a model on your patients"):
            systems = [Choice("", "choose"), *(Choice(name, words) for name, words in self._systems)]
            field_input(field("train_system"), "train", systems)
            for one in TRAIN_FIELDS[1:]:
                field_input(one, "train")
            action_button("train", "Train", self._app.guarded(self._train), "mdi-school-outline")

    def _on_fields(self, **_: Any) -> None:
        values = self._state.train
        name = suggested_name(values["train_system"], values["train_name"], [name for name, _words in self._systems])
        if name != values["train_name"]:
            self._state.train = {**values, "train_name": name}
        self._app.refresh()

    async def _train(self) -> None:
        await self._start(train_job(self._state.train, self._app.values["device"] or "auto"))
