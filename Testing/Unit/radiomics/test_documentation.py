"""docs/features.md says what the registries say."""

from __future__ import annotations

from pathlib import Path

import pytest

from GliomaRadiomicsLib.radiomics.documentation import IMAGES, features_markdown
from GliomaRadiomicsLib.radiomics.filters.options import IMAGE_TYPES
from GliomaRadiomicsLib.radiomics.registry import CONVENTIONS, features_of
from GliomaRadiomicsLib.radiomics.sets import han_registry

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "features.md"


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == features_markdown(), "run: make docs"


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_feature_has_a_line_with_unit_formula_and_code(convention):
    _, after = features_markdown().split(f"## Convention `{convention}`")
    lines = [line.split(" | ") for line in after.split("\n## ")[0].splitlines() if line.startswith("| ")]
    named = {line[0].removeprefix("| ").split(" ")[0] for line in lines}
    rows = [line for line in lines if line[0] not in ("| name", "| ---")]
    assert {feature.name for feature in features_of(convention)} <= named
    assert len(rows) == len(features_of(convention))
    assert all(formula.startswith("`") for _, _, formula, *_ in rows)


def test_every_image_type_and_published_set_is_there():
    assert tuple(IMAGES) == IMAGE_TYPES
    text = features_markdown()
    assert all(f"### han {family} " in text for family in han_registry.FEATURES)
    assert "788 features per sequence" in text


def test_every_cell_is_in_its_column():
    for line in features_markdown().splitlines():
        if line.startswith("|"):
            assert line.replace(r"\|", "").count("|") in (4, 5), line
