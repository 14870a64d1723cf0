"""`features.csv` and `result.json`: written whole or not at all, read back as they were."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.radiomics.table import from_csv, to_csv
from GliomaRadiomicsLib.reports.atomic import write_text_atomically


def write_features_csv(rows: Iterable[FeatureRow], path: str | Path) -> None:
    """Write the features of one case, one line per feature; see `radiomics.table`."""
    write_text_atomically(path, to_csv({"": rows}))


def read_features_csv(path: str | Path) -> list[FeatureRow]:
    """Read what `write_features_csv` wrote; the reason column may be absent, an empty value is NaN.

    Raises:
        RefusedInput: If the file cannot be read, lacks a column or holds a value that is not a number.
    """
    cases = from_csv(_read_text(path), Path(path).name)
    return [row for rows in cases.values() for row in rows]


def write_result_json(result: CaseResult, path: str | Path) -> None:
    """Write the result as strict JSON; NaN and infinity become null, numpy values plain numbers."""
    text = json.dumps(_plain(result.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)
    write_text_atomically(path, text + "\n")


def read_result_json(path: str | Path) -> CaseResult:
    """Read a `result.json`; what was NaN when written is None.

    Raises:
        RefusedInput: If the file cannot be read, is not JSON, or follows another schema.
    """
    name = Path(path).name
    try:
        return CaseResult.from_dict(json.loads(_read_text(path)))
    except json.JSONDecodeError as error:
        raise RefusedInput(what=f"not valid JSON: {error}", where=name, remedy="run the analysis again") from error
    except RefusedInput:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedInput(
            what=f"not a result of this product: {error}",
            where=name,
            remedy="give the result.json of an analysis by this version",
        ) from error


def _read_text(path: str | Path) -> str:
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise RefusedInput(
            what=f"cannot be read: {reason}", where=Path(path).name, remedy="check the path and the file"
        ) from error


def _plain(value: Any) -> Any:
    """``value`` with numpy types, tuples, paths and numbers JSON does not know turned into what it knows."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value
