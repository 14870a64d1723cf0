"""Which systems run on a case: those with a starter model, and those the user chose a bundle for."""

from __future__ import annotations

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.pipeline.predictions import systems_to_run
from GliomaRadiomicsLib.systems import registry


def test_without_a_choice_the_starter_models_run() -> None:
    running = systems_to_run({})
    assert running == [name for name in registry.names() if store.has_starter(name)]
    assert "survival" in running
    assert "lgg_survival" not in running


def test_a_chosen_survival_system_takes_the_place_of_the_starter() -> None:
    running = systems_to_run({"lgg_survival": "mine"})
    assert [name for name in running if registry.SYSTEMS[name].task == "survival"] == ["lgg_survival"]
    assert set(registry.names("grading")) & set(running) == set(registry.names("grading")) & set(systems_to_run({}))


def test_another_bundle_of_the_starters_own_system_changes_nothing_else() -> None:
    assert systems_to_run({"survival": "mine", "segmentation": "mine"}) == systems_to_run({})


def test_two_chosen_survival_systems_are_refused() -> None:
    with pytest.raises(RefusedInput, match="hgg_survival, lgg_survival"):
        systems_to_run({"lgg_survival": "a", "hgg_survival": "b"})
