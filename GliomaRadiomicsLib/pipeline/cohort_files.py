"""The tables of a cohort, each written anew and whole whenever a patient has ended."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.pipeline.cohort_plan import Outcome, PatientTask
from GliomaRadiomicsLib.pipeline.cohort_table import COHORT_FILE
from GliomaRadiomicsLib.radiomics.table import CASE, REASONS, wide_line
from GliomaRadiomicsLib.reports.atomic import write_text_atomically
from GliomaRadiomicsLib.reports.tables import read_features_csv, read_result_json
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.left_out import SKIPPED_FILE, write_left_out
from GliomaRadiomicsLib.systems.protocol import LeftOut

SETTINGS_FILE, FEATURES_FILE = "cohort.json", "features_wide.csv"
_VOLUMES = {f"{region.lower()}_ml": region for region in ("WT", "TC", "ET", "ED", "NCR_NET")}
_YEARS = ("1y", "3y", "5y")
_HEAD = ("case", "line", "status", "message", "folder", "outline")
_TAIL = (
    *("agreement_probability_grade4", "agreement_label", "agreement"),
    *("idh_status", "idh_label", "idh_probability_mutant", "idh_trust"),
    *("mgmt_status", "mgmt_label", "mgmt_probability_methylated", "mgmt_trust"),
    *("survival_status", "survival_risk_group", *(f"survival_{year}" for year in _YEARS), "survival_median_days"),
    *("survival_trust", "warnings", "seconds"),
)


def columns() -> tuple[str, ...]:
    """Of `COHORT_FILE`; the same whatever was found, with three for each system that grades."""
    grading = [f"{name}_{what}" for name in registry.names("grading") for what in _GRADE]
    return (*_HEAD, *_VOLUMES, *grading, *_TAIL)


_GRADE = ("probability_grade4", "label", "trust")


def row_of(task: PatientTask, outcome: Outcome) -> dict[str, str]:
    """The patient's line of `COHORT_FILE`; figures only where it is done."""
    row: dict[str, Any] = {
        "case": task.case,
        "line": task.line,
        "status": outcome.status,
        "message": outcome.message,
        "seconds": outcome.seconds,
    }
    if outcome.status == "done":
        row["folder"] = Path(task.out).name
        row |= _found(read_result_json(Path(task.out) / "result.json"))
    return {column: _cell(row.get(column)) for column in columns()}


def _found(result: CaseResult) -> dict[str, Any]:
    row: dict[str, Any] = {"warnings": sum(finding.severity == "warning" for finding in result.passport)}
    if result.segmentation is not None:
        row["outline"] = result.segmentation.model
        row |= {column: result.segmentation.volumes_ml.get(region) for column, region in _VOLUMES.items()}
    for name, grade in result.grading.items():
        row |= {f"{name}_probability_grade4": grade.probability_hgg, f"{name}_label": grade.label}
        row[f"{name}_trust"] = grade.trust.flag
    if result.agreement:
        row["agreement_probability_grade4"] = result.agreement["probability_hgg"]
        row["agreement_label"] = result.agreement["label"]
        row["agreement"] = "yes" if result.agreement["agree"] else "no"
    row |= _molecular("idh", result.idh, "mutant") | _molecular("mgmt", result.mgmt, "methylated")
    return row | _survival(result.survival)


def _molecular(name: str, found: Mapping[str, Any], outcome: str) -> dict[str, Any]:
    row = {"status": found.get("status"), "label": found.get("label"), "trust": found.get("trust", {}).get("flag")}
    row[f"probability_{outcome}"] = found.get(f"probability_{outcome}")
    return {f"{name}_{key}": value for key, value in row.items()}


def _survival(found: Mapping[str, Any]) -> dict[str, Any]:
    chances = found.get("probability") or {}
    return {
        "survival_status": found.get("status"),
        "survival_risk_group": found.get("risk_group"),
        **{f"survival_{year}": chances.get(year) for year in _YEARS},
        "survival_median_days": found.get("median_days"),
        "survival_trust": found.get("trust", {}).get("flag"),
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def write_rows(rows: Iterable[Mapping[str, str]], folder: Path) -> None:
    """`COHORT_FILE`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=columns(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text_atomically(folder / COHORT_FILE, text.getvalue())


def write_skipped(rows: Iterable[Mapping[str, str]], folder: Path) -> None:
    """`SKIPPED_FILE`: those that are not done, with line and reason."""
    left = [
        LeftOut(row["case"], int(row["line"]), "", f"{row['status']}: {row['message']}")
        for row in rows
        if row["status"] != "done"
    ]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as temporary:
        write_left_out(left, Path(temporary)).replace(folder / SKIPPED_FILE)


def write_settings(data: Mapping[str, Any], folder: Path) -> None:
    """`SETTINGS_FILE`."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    write_text_atomically(folder / SETTINGS_FILE, text + "\n")


def write_features(rows: Iterable[Mapping[str, str]], folder: Path) -> None:
    """`FEATURES_FILE`: a line for each patient who is done and whose features were measured; none if there are none.

    One patient is in memory at a time.
    """
    measured = {row["case"]: folder / row["folder"] / "features.csv" for row in rows if row["folder"]}
    measured = {case: path for case, path in measured.items() if path.is_file()}
    if not measured:
        (folder / FEATURES_FILE).unlink(missing_ok=True)
        return
    found: dict[str, None] = {}
    for case, path in measured.items():
        found |= dict.fromkeys(wide_line(case, read_features_csv(path)))
    names = [CASE, *(name for name in found if name not in (CASE, REASONS)), REASONS]
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-", suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
            writer.writeheader()
            for case, path in measured.items():
                writer.writerow(wide_line(case, read_features_csv(path)))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(folder / FEATURES_FILE)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
