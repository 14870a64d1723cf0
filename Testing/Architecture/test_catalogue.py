"""The entry in the catalogue of extensions keeps the catalogue's rules; what only the publisher knows is listed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("catalogue", Path(__file__).with_name("catalogue.py"))
catalogue = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(catalogue)

ENTRY = json.loads((ROOT / "GliomaRadiomics.json").read_text(encoding="utf-8"))
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


def test_the_entry_keeps_the_rules_of_the_catalogue() -> None:
    assert catalogue.broken_rules(ENTRY) == []
    assert b"\r" not in (ROOT / "GliomaRadiomics.json").read_bytes()


def test_the_entry_is_valid_by_slicers_own_schema() -> None:
    slicer = os.environ.get("SLICER_SOURCE_DIR")
    if not slicer:
        pytest.skip("SKIPPED: needs SLICER_SOURCE_DIR, a source tree of 3D Slicer")
    jsonschema = pytest.importorskip("jsonschema", reason="SKIPPED: needs jsonschema")
    name = ENTRY["$schema"].rstrip("#").rsplit("/", 1)[1]
    schema = json.loads((Path(slicer) / "Schemas" / name).read_text(encoding="utf-8"))
    jsonschema.validate(ENTRY, schema)
    assert set(schema["properties"]) == set(catalogue.TYPES)
    assert tuple(schema["required"]) == catalogue.REQUIRED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scm_url": None}, "scm_url is None, not str"),
        ({"tier": "1"}, "tier is '1', not int"),
        ({"tier": 6}, "tier is not 1 to 5"),
        ({"licence": "Apache"}, "licence is no key of the schema"),
        ({"category": "Brains"}, "category 'Brains' is none of"),
        ({"scm_url": "SlicerGliomaRadiomics"}, "no address"),
        ({"scm_url": "https://github.com/owner/glioma"}, "does not start with Slicer"),
        ({"$schema": "schema.json"}, "$schema is not"),
    ],
)
def test_a_broken_rule_is_named(change: dict[str, Any], said: str) -> None:
    (found,) = catalogue.broken_rules({**ENTRY, **change})
    assert said in found


def test_a_missing_key_is_named() -> None:
    assert catalogue.broken_rules({key: value for key, value in ENTRY.items() if key != "category"}) == [
        "category is missing"
    ]


def test_entry_and_cmake_say_the_same() -> None:
    (project,) = re.findall(r"project\s*\(\s*([^\s)]+)", CMAKE)
    assert project == "GliomaRadiomics"
    (depends,) = re.findall(r'set\(EXTENSION_DEPENDS "([^"]*)"\)', CMAKE)
    assert depends.split() == ENTRY["build_dependencies"]


def test_linked_files_are_there_and_only_addresses_are_open() -> None:
    """Until the repository has an address, the links are paths in it; nothing else is left to the publisher."""
    found = catalogue.links(CMAKE)
    assert len(found["SCREENSHOTURLS"]) == 5
    here = [one for values in found.values() for one in values if "://" not in one]
    assert [one for one in here if not (ROOT / one).is_file()] == []
    is_open = catalogue.to_fill_in()
    assert sum(f"({one})" in line for one in here for line in is_open) == len(here)
    assert len(is_open) == len(here) + (".invalid" in ENTRY["scm_url"])


def test_publishing_leaves_nothing_open(tmp_path: Path) -> None:
    for name in ("CMakeLists.txt", "GliomaRadiomics.json"):
        shutil.copy(ROOT / name, tmp_path)
    catalogue.publish("https://github.com/owner/SlicerGliomaRadiomics.git", root=tmp_path)
    assert catalogue.to_fill_in(tmp_path) == []
    entry = json.loads((tmp_path / "GliomaRadiomics.json").read_text())
    assert catalogue.broken_rules(entry) == []
    assert entry["scm_url"] == "https://github.com/owner/SlicerGliomaRadiomics"
    found = catalogue.links((tmp_path / "CMakeLists.txt").read_text())
    raw = "https://raw.githubusercontent.com/owner/SlicerGliomaRadiomics/main/"
    assert found["HOMEPAGE"] == [entry["scm_url"]]
    assert all(one.startswith(raw) and one.endswith(".png") for one in found["ICONURL"] + found["SCREENSHOTURLS"])


@pytest.mark.parametrize("address", ["https://example.org/x/SlicerX", "https://github.com/owner/glioma", "SlicerX"])
def test_publishing_refuses_what_the_catalogue_would(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a repository that the catalogue takes"):
        catalogue.publish(address, root=tmp_path)


def test_the_repository_is_small_and_has_a_licence() -> None:
    """Of a fresh clone; caches and outputs in a working folder do not count."""
    folders = ("GliomaRadiomics", "GliomaRadiomicsLib", "Resources", "Testing", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    megabytes = sum(path.stat().st_size for path in files if path.is_file()) / 2**20
    assert megabytes < catalogue.MOST_MEGABYTES
    assert (ROOT / "LICENSE").is_file()
