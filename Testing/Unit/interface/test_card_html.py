"""Model cards as HTML."""

from __future__ import annotations

from GliomaRadiomicsLib.interface.card_html import card_html
from GliomaRadiomicsLib.interface.models import model_rows


def test_headings_bullets_tables_bold_and_code_become_elements() -> None:
    html = card_html("# name\n\n* one\n* **two**\n\n| A | B |\n| --- | --- |\n| `x` | 1\\|2 |\n\nWords")
    assert html == (
        "<h3>name</h3><ul><li>one</li><li><b>two</b></li></ul>"
        "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td><code>x</code></td><td>1|2</td></tr></tbody>"
        "</table><p>Words</p>"
    )


def test_what_a_bundle_says_is_never_taken_for_html() -> None:
    evil = "<img src=x onerror=alert(1)>"
    html = card_html(f"# {evil}\n\n* {evil}\n\n| {evil} | `{evil}` |\n| --- | --- |\n| **{evil}** | b |\n\n{evil}")
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 6


def test_the_starters_cards_are_shown_without_marks_and_without_the_editors_note() -> None:
    for row in model_rows():
        html = card_html(row.card_markdown)
        assert "change the figures there" not in html
        assert "Not a medical device." in html
        assert "<table>" in html
        for mark in ("**", "| ---", "## "):
            assert mark not in html, (row.name, mark)
