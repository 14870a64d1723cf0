"""The entry in the catalogue of 3D Slicer's extensions: its rules, and what only the publisher can fill in.

``python catalogue.py`` lists what is open and ends with 1 while anything is.
``python catalogue.py --publish https://github.com/OWNER/SlicerGliomaRadiomics`` fills it in.

The rules are those of ``slicer-extension-catalog-entry-schema-v1.0.2.json`` (Slicer, Schemas) and of
``scripts/check_description_files.py`` (Slicer/ExtensionsIndex), as read in August 2026.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
NAME = "GliomaRadiomics"
NOT_PUBLISHED = ".invalid"
"""Top-level domain that never exists (RFC 2606): the repository has no address yet."""

SCHEMA = (
    r"https://raw\.githubusercontent\.com/Slicer/Slicer/main/Schemas/slicer-extension-catalog-entry-schema-v\S+\.json#"
)
REQUIRED = ("$schema", "category", "scm_url")
TYPES: dict[str, type] = {
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "dicom_support_rule": str,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
CATEGORIES = ("Analysis", "Informatics", "Neuroimaging", "Quantification", "Segmentation")
"""Those of the accepted categories that this extension could be in."""

LINKS = ("HOMEPAGE", "ICONURL", "SCREENSHOTURLS")
MOST_MEGABYTES = 100


def broken_rules(entry: dict[str, Any], name: str = NAME) -> list[str]:
    """What the catalogue would refuse in the entry, one line each."""
    found = [f"{key} is missing" for key in REQUIRED if key not in entry]
    found += [f"{key} is no key of the schema" for key in entry if key not in TYPES]
    found += [
        f"{key} is {entry[key]!r}, not {kind.__name__}"
        for key, kind in TYPES.items()
        if type(entry.get(key, kind())) is not kind
    ]
    if found:
        return found
    if not re.fullmatch(SCHEMA, entry["$schema"]):
        found.append("$schema is not the address of a schema of catalogue entries")
    if entry["category"] not in CATEGORIES:
        found.append(f"category {entry['category']!r} is none of {', '.join(CATEGORIES)}")
    if not 1 <= entry.get("tier", 1) <= 5:
        found.append("tier is not 1 to 5")
    if not all(isinstance(one, str) for one in entry.get("build_dependencies", [])):
        found.append("build_dependencies are not names")
    if name.startswith("Slicer"):
        found.append("the extension's name starts with Slicer")
    return found + _broken_address(entry["scm_url"])


def _broken_address(address: str) -> list[str]:
    parts = urlsplit(address)
    if parts.scheme not in ("git", "https") or not parts.netloc:
        return ["scm_url is no address of a git repository (git:// or https://)"]
    if not Path(parts.path).stem.startswith("Slicer"):
        return ["the repository's name does not start with Slicer"]
    return []


def links(cmake: str) -> dict[str, list[str]]:
    """Addresses in the text of the top CMakeLists.txt, by the name after ``EXTENSION_``."""
    return {key: _value(cmake, key).split() for key in LINKS}


def _value(cmake: str, key: str) -> str:
    found = re.search(rf'set\(EXTENSION_{key} "([^"]*)"\)', cmake)
    return found.group(1) if found else ""


def to_fill_in(root: Path = ROOT) -> list[str]:
    """What is open until the repository has a public address, one line each."""
    entry = json.loads((root / f"{NAME}.json").read_text(encoding="utf-8"))
    host = urlsplit(entry["scm_url"]).hostname or ""
    found = []
    if host.endswith(NOT_PUBLISHED):
        found.append(f"{NAME}.json: scm_url is the address of no repository ({entry['scm_url']})")
    for key, values in links((root / "CMakeLists.txt").read_text(encoding="utf-8")).items():
        found += [f"CMakeLists.txt: EXTENSION_{key} is no address ({one})" for one in values if "://" not in one]
    return found


def publish(address: str, branch: str = "main", root: Path = ROOT) -> None:
    """Write the repository's address into the entry, and below it the addresses of page, icon and screenshots.

    Raises:
        ValueError: If it is not the address of a GitHub repository that the catalogue takes.
    """
    parts = urlsplit(address.removesuffix(".git").rstrip("/"))
    owner_and_name = parts.path.strip("/")
    if _broken_address(address) or parts.netloc != "github.com" or owner_and_name.count("/") != 1:
        msg = f"not a repository that the catalogue takes: {address}; give https://github.com/OWNER/Slicer{NAME}"
        raise ValueError(msg)
    page = f"https://github.com/{owner_and_name}"
    raw = f"https://raw.githubusercontent.com/{owner_and_name}/{branch}/"
    path = root / f"{NAME}.json"
    entry = json.loads(path.read_text(encoding="utf-8")) | {"scm_url": page, "scm_revision": branch}
    path.write_text(json.dumps(entry, indent=2) + "\n", encoding="utf-8", newline="\n")
    cmake = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    for key, values in links(cmake).items():
        filled = page if key == "HOMEPAGE" else " ".join(one if "://" in one else raw + one for one in values)
        cmake = re.sub(rf'set\(EXTENSION_{key} "[^"]*"\)', f'set(EXTENSION_{key} "{filled}")', cmake)
    (root / "CMakeLists.txt").write_text(cmake, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """List what is open, or fill it in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publish", metavar="ADDRESS", help="address of the published repository on GitHub")
    parser.add_argument("--branch", default="main")
    options = parser.parse_args(arguments)
    if options.publish:
        publish(options.publish, options.branch)
    entry = json.loads((ROOT / f"{NAME}.json").read_text(encoding="utf-8"))
    found = broken_rules(entry) + to_fill_in()
    print("\n".join(found) or "nothing is open; topic 3d-slicer-extension: see the repository's page")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
