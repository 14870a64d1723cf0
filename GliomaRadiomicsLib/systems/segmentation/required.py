"""Sequences a segmentation bundle cannot do without; ours need none in particular, imported ones may need all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES


def required_sequences(metadata: Mapping[str, Any]) -> list[str]:
    """Roles without which the bundle gives no outline."""
    return list(metadata["input"].get("required", []))


def check_sequences(metadata: Mapping[str, Any], given: Collection[str], where: object = None) -> None:
    """Check that a case has what the bundle needs.

    Args:
        metadata: Of the segmentation bundle.
        given: Roles of the case's sequences.
        where: Named in the message; the bundle if None.

    Raises:
        RefusedInput: Naming the sequences that are missing.
    """
    needed = required_sequences(metadata)
    missing = [SEQUENCE_NAMES.get(role, role) for role in needed if role not in given]
    if missing:
        raise RefusedInput(
            what=f"the segmentation model {metadata['name']} cannot do without {' and '.join(missing)}",
            where=where,
            found=", ".join(SEQUENCE_NAMES.get(role, role) for role in given) or "none",
            remedy="add what is missing, leave --models away (the starter model takes any subset), or give --mask",
        )
