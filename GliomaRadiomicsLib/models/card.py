"""The model card: README.md of a bundle, written from its metadata so that the figures never differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.models.map_figures import failures

_HEADER = (("System", "system"), ("Version", "version"), ("Created", "created"), ("Licence of the weights", "licence"))
EDITORS_NOTE = "Written from `metadata.json`; change the figures there, not here. "
"""For who edits README.md; where a card is only read it says nothing."""


def write_card(metadata: Mapping[str, Any]) -> str:
    """Markdown model card of a bundle.

    Args:
        metadata: As `GliomaRadiomicsLib.models.bundle.check_metadata` accepts it.

    Returns:
        The text of README.md, ending with a line feed.
    """
    header = [(title, metadata[key]) for title, key in _HEADER if metadata.get(key)]
    sections = [
        f"# {metadata['name']}",
        f"{EDITORS_NOTE}Not a medical device.",
        _table(("", ""), header),
        _section("Intended use", str(metadata["intended_use"])),
        _section("Not for", _bullets(metadata["not_for"])),
        _section("Limits to know", _bullets(metadata.get("limitations", []))),
        _section("Input", _pairs(metadata["input"])),
        _section("Training", _pairs(metadata["training"])),
        _evidence(metadata["evidence"]),
        _section("Attribution", _bullets(metadata["attribution"])),
        _section("Files", _files(metadata.get("files", {}))),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _evidence(evidence: Mapping[str, Any]) -> str:
    figures = evidence.get("figures", [])
    parts = [_figures(figures), _bullets(failures(figures))]
    for table in evidence.get("tables", []):
        parts += [f"### {table['title']}", _table(table["columns"], table["rows"])]
    parts.append(_bullets(evidence.get("notes", [])))
    return _section("Evidence", "\n\n".join(part for part in parts if part))


def _figures(figures: Sequence[Mapping[str, Any]]) -> str:
    grouped: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for entry in figures:
        interval = entry.get("ci")
        shown = "" if interval is None else f"{_text(interval[0])} to {_text(interval[1])}"
        row = (entry["metric"], entry["value"], shown, entry["n"], entry.get("note", ""))
        grouped.setdefault((entry["cohort"], entry["validation"]), []).append(row)
    columns = ("Metric", "Value", "95 % interval", "n", "Note")
    return "\n\n".join(
        f"**{cohort}**: {validation}\n\n{_table(columns, rows)}" for (cohort, validation), rows in grouped.items()
    )


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"* {item}" for item in items)


def _pairs(data: Mapping[str, Any]) -> str:
    return _table(("", ""), [(key.replace("_", " "), value) for key, value in data.items()]) if data else ""


def _files(files: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [(f"`{name}`", entry["bytes"], f"`{entry['sha256']}`") for name, entry in files.items()]
    return _table(("File", "Bytes", "SHA-256"), rows) if rows else ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_text(cell) for cell in line) + " |" for line in lines)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value).replace("|", "\\|").replace("\n", " ")
