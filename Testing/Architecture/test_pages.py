"""The pages for users name files, pictures and buttons that are there."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_PICTURE_BYTES = 300_000
NO_BUTTON = ("PyTorch", "Research use only")
"""What is printed bold in the tutorial without being a button: an extension, and the notice."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_linked_file_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = {link.split("#")[0] for link in links if "://" not in link}
    assert [file for file in files if file and not (page.parent / file).exists()] == []


def test_pictures_are_small() -> None:
    large = {path.name: path.stat().st_size for path in (ROOT / "Resources" / "Screenshots").glob("*.png")}
    assert {name: size for name, size in large.items() if size > MOST_PICTURE_BYTES} == {}


def test_the_buttons_of_the_tutorial_are_in_the_panel() -> None:
    """What the tutorial prints bold can be pressed, under exactly that name."""
    forms = sorted((ROOT / "GliomaRadiomics" / "Resources" / "UI").glob("*.ui"))
    texts = {
        html.unescape(text)
        for form in forms
        for text in re.findall(r"<string>([^<]*)</string>", form.read_text("utf-8"))
    }
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    bold = set(re.findall(r"\*\*([^*]+)\*\*", tutorial))
    assert len(bold) > 8
    assert {word for word in bold if word not in texts and not word.startswith(NO_BUTTON)} == set()
