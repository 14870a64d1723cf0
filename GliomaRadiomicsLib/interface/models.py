"""The installed models as rows with their cards; a damaged bundle is a row that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.reports.markup import headline, number

_SOURCES = {"starter": "came with the product", "user": "added by you"}
_TASKS = {
    "segmentation": "Outlines the tumour",
    "brain_extraction": "Outlines the brain",
    "grading": "WHO grade 4 against 2 and 3",
    "idh": "IDH mutation",
    "mgmt": "MGMT promoter methylation",
    "survival": "Survival",
}


@dataclass(frozen=True)
class ModelRow:
    """One bundle.

    Attributes:
        system: Name of the system.
        name: Of the bundle.
        version: Of the bundle.
        what: What it predicts.
        evidence: Its first measured figure in words.
        source: Where it came from.
        path: Folder of the bundle.
        card_markdown: The model card.
        ok: Whether it can be read.
        problem: What is wrong, and the remedy; empty if nothing is.
        origin: ``user`` or ``starter``.
    """

    system: str
    name: str
    version: str
    what: str
    evidence: str
    source: str
    path: str
    card_markdown: str
    ok: bool = True
    problem: str = ""
    origin: str = ""

    @property
    def key(self) -> str:
        """Names the bundle on any machine, as its path does not: ``user/my_model``."""
        return f"{self.origin}/{self.name}"


def model_rows() -> list[ModelRow]:
    """Every bundle of the store, by name; the user's, which counts, before a starter of the same name."""
    from GliomaRadiomicsLib.models.metadata import METADATA_FILE
    from GliomaRadiomicsLib.models.store import STARTER_FOLDER, user_folder

    places = (("user", user_folder()), ("starter", STARTER_FOLDER))
    found = [
        (file.parent.name, order, file.parent, origin)
        for order, (origin, place) in enumerate(places)
        for file in place.glob(f"[!.]*/{METADATA_FILE}")
    ]
    return [_row(folder, origin) for _, _, folder, origin in sorted(found)]


def trainable() -> list[tuple[str, str]]:
    """Names of what can be trained, each with its words: ``cnn_grading (WHO grade 4 against 2 and 3)``."""
    from GliomaRadiomicsLib.systems.registry import SYSTEMS

    return [(name, f"{name} ({_what(name)})") for name in ("segmentation", "brain_extraction", *SYSTEMS)]


def verify_row(row: ModelRow) -> str:
    """Compare the files with the checksums of the metadata; what is wrong and the remedy, empty if all is well."""
    from GliomaRadiomicsLib.models import bundle

    try:
        bundle.verify(Path(row.path))
    except RefusedInput as error:
        return str(error)
    return ""


def _row(folder: Path, origin: str) -> ModelRow:
    from GliomaRadiomicsLib.models.bundle import load_metadata
    from GliomaRadiomicsLib.models.card import EDITORS_NOTE, write_card

    try:
        data = load_metadata(folder)
    except RefusedInput as error:
        nothing = ("", folder.name, "", "", "", _SOURCES[origin], str(folder), "")
        return ModelRow(*nothing, ok=False, problem=str(error), origin=origin)
    return ModelRow(
        system=data["system"],
        name=data["name"],
        version=str(data["version"]),
        what=_what(data["system"]),
        evidence=_evidence(data["evidence"].get("figures", [])),
        source=_SOURCES[origin],
        path=str(folder),
        card_markdown=write_card(data).replace(EDITORS_NOTE, ""),
        origin=origin,
    )


def _what(system: str) -> str:
    from GliomaRadiomicsLib.systems.registry import SYSTEMS

    task = SYSTEMS[system].task if system in SYSTEMS else system
    return _TASKS.get(task, headline(system))


def _evidence(figures: list) -> str:
    if not figures:
        return "nothing measured"
    first = figures[0]
    limits = first.get("ci")
    interval = f" ({number(limits[0], 2)} to {number(limits[1], 2)})" if limits else ""
    return f"{first['metric']} {number(first['value'], 2)}{interval}, n = {first['n']}; {first['cohort']}"
