"""Do the images belong together, and is what could not be told said so?"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import find_case, read_label_map
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.grid import resample_spacing
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient


def finding_of(volumes: dict[str, Volume], *codes: str, mask: Volume | None = None) -> Finding:
    """The one finding whose code begins like one of ``codes``."""
    (finding,) = [f for f in inspect(volumes, mask=mask).findings if f.code.startswith(codes)]
    return finding


@pytest.mark.parametrize("pair", list(combinations(SEQUENCES, 2)))
def test_two_sequences_alone_are_told_apart(pair: tuple[str, str], phantom: PhantomPatient) -> None:
    a, b = pair
    right = finding_of({role: phantom.volumes[role] for role in pair}, "sequence")
    assert (right.code, right.outcome) == ("sequence-order", "ok")
    swapped = finding_of({a: phantom.volumes[b], b: phantom.volumes[a]}, "sequence")
    assert (swapped.code, swapped.severity) == ("sequences-swapped", "warning")
    assert f"{SEQUENCE_NAMES[a]} and {SEQUENCE_NAMES[b]} look swapped" in swapped.message


def test_an_order_that_cannot_be_told_is_called_not_checked(phantom: PhantomPatient) -> None:
    brain = phantom.brain_mask.array > 0
    scored = {
        role: volume.with_array(np.where(brain, volume.array - volume.array[brain].mean(), 0.0))
        for role, volume in phantom.volumes.items()
        if role in ("t1ce", "flair")
    }
    for volumes in (scored, {"t1": phantom.volumes["t1"]}):
        finding = finding_of(volumes, "sequence")
        assert (finding.code, finding.severity) == ("sequence-order-not-checked", "ok")
        assert finding.outcome == "not checked"


def test_brains_of_two_patients_are_noticed(phantom: PhantomPatient, other_phantom: PhantomPatient) -> None:
    finding = finding_of({"t1ce": phantom.volumes["t1ce"], "flair": other_phantom.volumes["flair"]}, "brain", "same")
    assert (finding.code, finding.severity) == ("brains-differ", "warning")
    assert "T1ce and FLAIR" in finding.message
    assert "one patient" in finding.message


def test_one_brain_on_two_grids_is_the_same_and_one_image_needs_no_comparison(phantom: PhantomPatient) -> None:
    other_grid = resample_spacing(phantom.volumes["flair"], (2.0, 2.5, 3.0))
    finding = finding_of({"t1ce": phantom.volumes["t1ce"], "flair": other_grid}, "brain", "same")
    assert (finding.code, finding.outcome) == ("same-brain", "ok")
    assert "same-brain" not in {f.code for f in inspect({"t1": phantom.volumes["t1"]}).findings}


def test_brains_in_thick_slices_are_not_compared(phantom: PhantomPatient) -> None:
    thick = resample_spacing(phantom.volumes["t2"], (2.0, 2.0, 6.0))
    pair = {"t1ce": phantom.volumes["t1ce"], "t2": thick}
    finding = finding_of(pair, "brain", "same")
    assert (finding.code, finding.outcome) == ("same-brain-not-checked", "not checked")
    assert "T2" in finding.message
    codes = {f.code for f in inspect({**pair, "flair": phantom.volumes["flair"]}).findings}
    assert {"same-brain", "same-brain-not-checked"} <= codes


@pytest.mark.parametrize("roles", [("t1",), ("t1", "t1ce"), ("flair",), ("t1", "t2")])
def test_a_mask_is_called_checked_only_where_the_images_can_tell(
    roles: tuple[str, ...], phantom: PhantomPatient
) -> None:
    volumes = {role: phantom.volumes[role] for role in roles}
    findings = {f.code: f for f in inspect(volumes, mask=phantom.label_map).findings}
    assert findings["mask-in-brain"].outcome == "ok"
    checked = bool({"t2", "flair"} & set(roles))
    assert ("stands out" in findings["mask-in-brain"].message) == checked
    assert ("mask-contrast-not-checked" in findings) == (not checked)


def test_a_mask_too_small_to_tell_is_called_not_checked(phantom: PhantomPatient) -> None:
    single = np.zeros_like(phantom.label_map.array)
    single[tuple(np.argwhere(phantom.label_map.array == 4)[0])] = 4
    finding = finding_of(phantom.volumes, "mask-contrast", mask=phantom.label_map.with_array(single))
    assert finding.outcome == "not checked"
    assert "too small" in finding.message


def test_two_real_patients_of_one_grid_are_noticed(shared_data: Path) -> None:
    one, other = (find_case(shared_data / "cases" / n) for n in ("BraTS2021_01481", "Brats18_TCIA02_135_1"))
    volumes = {role: read_volume(one[role], role) for role in ("t1ce", "flair")}
    assert finding_of(volumes, "brain", "same").code == "same-brain"
    foreign = {**volumes, "flair": read_volume(other["flair"], "flair")}
    assert finding_of(foreign, "brain", "same").code == "brains-differ"
    alone = {"t1": read_volume(one["t1"], "t1")}
    assert finding_of(alone, "mask-contrast", mask=read_label_map(other["seg"])).outcome == "not checked"
