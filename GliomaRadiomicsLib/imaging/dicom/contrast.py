"""Series without telling tags or names, recognised by their contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.dicom.read import read_series
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries
from GliomaRadiomicsLib.imaging.roles import Recognised
from GliomaRadiomicsLib.imaging.roles_by_contrast import recognise_by_contrast


def with_contrasts(series: Sequence[DicomSeries], chosen: Mapping[str, int]) -> list[DicomSeries]:
    """The series, those of which nothing was known recognised where their pixels tell.

    Pixels are read only if exactly as many series are unknown as roles are left.

    Args:
        series: All of a folder.
        chosen: Numbers of the series that have a role.
    """
    unknown = [one for one in series if one.problem is None and one.recognised == Recognised(None)]
    whole = all(series[number - 1].problem is None for number in chosen.values())
    if not unknown or not whole or len(unknown) + len(chosen) != len(SEQUENCES):
        return list(series)
    known = {role: read_series(series[number - 1], role).volume for role, number in chosen.items()}
    found = recognise_by_contrast(known, [read_series(one).volume for one in unknown])
    by_number = {one.number: recognised for one, recognised in zip(unknown, found, strict=True)}
    return [replace(one, recognised=by_number.get(one.number, one.recognised)) for one in series]
