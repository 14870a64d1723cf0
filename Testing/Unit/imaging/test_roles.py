"""Sequences are recognised from names as scanners, archives and people write them, and from tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.dicom.header import SeriesTags
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.imaging.roles import SURE, USABLE, Recognised, recognise, recognise_name
from GliomaRadiomicsLib.imaging.roles_by_contrast import recognise_by_contrast
from GliomaRadiomicsLib.imaging.roles_choice import Candidate, choose

NAMES = {
    "t1": [
        *("T1w", "t1.nii.gz", "BraTS19_CBICA_AAB_1_t1", "BraTS-GLI-00001-000-t1n", "AX T1", "SAG T1 FLAIR", "T1W_SE"),
        *("T1 PRE", "t1_mpr_sag_p2_iso", "MPRAGE", "3D T1 BRAVO", "AX T1 W/O GAD", "T1 non-contrast", "COR T1 SPGR"),
        *("t1_se_tra nativ", "sT1W_3D_TFE", "T1 MPRAGE unenhanced", "AX T1 PRE CONTRAST", "t1_tirm_tra", "Pre-Gad T1"),
        *("sub-01_ses-post_T1w", "T1 TSE ohne KM", "axial t1 precontrast", "AX T1 C-", "T1 SIN CONTRASTE"),
    ],
    "t1ce": [
        *("T1wCE", "t1ce", "BraTS-GLI-00001-000-t1c", "case_t1gd.nii.gz", "T1 POST GAD", "MPRAGE +C", "AX T1 POST"),
        *("T1 FLAIR +C", "Ax T1 +C FS", "t1_mprage_sag_km", "T1+C", "T1 C+", "AX T1 POST CONTRAST", "T1W_CE"),
        *("3D T1 GAD", "COR T1 FS POST", "post-gad T1 3D SPGR", "AX BRAVO+C", "T1_TSE_TRA_+GD", "sT1W_3D_TFE_GD"),
        *(
            "t1_vibe_post_dotarem",
            "AX T1 w/ contrast",
            "sub-01_ce-gadolinium_T1w",
            "SAG T1 MPR POST",
            "T1 AXIAL CON GD",
        ),
        *("T1 mit KM", "AX 3D T1 MPRAGE POSTGAD", "POST OP T1 GAD", "T1Post", "brain tumor T1 enhanced"),
    ],
    "t2": [
        *("T2w", "case_t2.nii", "BraTS-GLI-00001-000-t2w", "T2 TSE", "AX T2 FSE", "t2_tse_tra_512", "AX T2 PROPELLER"),
        *("T2W_TSE", "t2_space_sag_iso", "AX T2 FRFSE", "T2 POST GAD", "COR T2 FS", "T2_BLADE_TRA", "3D T2 CUBE"),
    ],
    "flair": [
        *("FLAIR", "BraTS19_CBICA_AAB_1_flair", "BraTS-GLI-00001-000-t2f", "AX FLAIR", "T2 FLAIR", "Ax T2 FLAIR FS"),
        *(
            "t2_tirm_tra_dark-fluid",
            "t2_spc_da-fl_sag",
            "3D FLAIR CUBE",
            "FLAIR POST GAD",
            "SAG CUBE T2FLAIR",
            "T2W_FLAIR",
        ),
        *("AXT2FLAIR", "flair_longTR", "eFLAIR_longTR", "dark fluid tra"),
    ],
    None: [
        *(
            "ep2d_diff_3scan_trace_p2",
            "ADC",
            "DWI b1000",
            "AX SWI",
            "SWAN",
            "PERF",
            "ep2d_perf_p2",
            "AX T2*",
            "T2 STAR",
        ),
        *(
            "3 Plane Loc",
            "localizer",
            "AAHScout",
            "SURVEY",
            "3D TOF MRA",
            "DTI 30 dir",
            "AX PD",
            "AX T2 GRE",
            "MRV",
            "ASL",
        ),
        *("T1 MIP", "T1 SUBTRACTION", "T1 Map", "rCBV", "Perfusion T1 DCE", "CISS", "b0", "Phase Images", "CT HEAD"),
        *(
            "case_seg.nii.gz",
            "B1 calibration",
            "Screen Save",
            "BOLD resting",
            "eADC",
            "C SPINE T2",
            "BRAIN W WO CONTRAST",
        ),
    ],
}
CASES = [(name, role) for role, names in NAMES.items() for name in names]


@pytest.mark.parametrize(("name", "role"), CASES, ids=[name for name, _ in CASES])
def test_names_are_recognised(name: str, role: str | None) -> None:
    for spelling in (name, name.upper(), name.lower(), name.replace(" ", "_")):
        found = recognise_name(spelling)
        assert found.role == role, (spelling, found)
    assert role is None or found.confidence >= USABLE


def test_the_table_is_long_enough() -> None:
    assert len({name for name, _ in CASES}) >= 100


def tags(**values: object) -> SeriesTags:
    return SeriesTags(modality="MR", **values)  # type: ignore[arg-type]


def test_contrast_agent_in_the_tags_makes_a_t1_a_t1ce() -> None:
    plain = tags(description="AX T1", echo_time=10.0, repetition_time=600.0)
    found = recognise(plain)
    assert (found.role, found.confidence >= SURE) == ("t1", True)
    found = recognise(tags(description="AX T1", echo_time=10.0, repetition_time=600.0, contrast_agent="GADAVIST"))
    assert found.role == "t1ce"
    assert found.reasons[0] == "contrast agent in the tags"
    denied = recognise(tags(description="AX T1", contrast_agent="NONE"))
    assert denied.role == "t1"


def test_a_t2_or_flair_after_contrast_stays_what_it_is() -> None:
    assert recognise(tags(description="AX T2", contrast_agent="GADAVIST")).role == "t2"
    assert recognise(tags(description="FLAIR POST", contrast_agent="GADAVIST")).role == "flair"


def test_times_alone_tell_the_weighting() -> None:
    for role, te, tr, ti in (("flair", 120, 9000, 2500), ("t2", 100, 4000, None), ("t1", 10, 550, None)):
        found = recognise(tags(echo_time=float(te), repetition_time=float(tr), inversion_time=ti))
        assert found.role == role
        assert USABLE <= found.confidence < 0.95
    assert recognise(tags(echo_time=15.0, repetition_time=3000.0)).role is None
    assert recognise(tags(echo_time=25.0, repetition_time=50.0, scanning_sequence="GR")).role is None
    assert recognise(tags(echo_time=90.0, repetition_time=6000.0, scanning_sequence="EP")).role is None


def test_a_contradiction_lowers_the_confidence() -> None:
    agreeing = recognise(tags(description="AX T2", echo_time=100.0, repetition_time=4000.0))
    contradicting = recognise(tags(description="AX T2", echo_time=9.0, repetition_time=500.0))
    assert agreeing.confidence >= SURE > contradicting.confidence
    said_without = recognise(tags(description="T1 PRE", contrast_agent="GADAVIST"))
    assert said_without.role == "t1"
    assert said_without.confidence < SURE


def test_the_protocol_of_the_whole_examination_does_not_mislead() -> None:
    found = recognise(tags(description="AX FLAIR", protocol="BRAIN TUMOR W WO PERFUSION T1 GAD"))
    assert (found.role, found.confidence >= SURE) == ("flair", True)
    found = recognise(tags(description="AX T1", protocol="BRAIN WITH AND WITHOUT CONTRAST"))
    assert found.role == "t1"


def test_small_parts_of_the_head_are_less_certain() -> None:
    assert recognise_name("T1 ORBITS POST").confidence < recognise_name("T1 BRAIN POST").confidence


def test_with_and_without_contrast_is_not_certain() -> None:
    for name in ("T1 PRE AND POST", "T1 W/WO GAD"):
        assert USABLE <= recognise_name(name).confidence < SURE, name


def test_nothing_known_is_no_role_with_no_confidence() -> None:
    assert recognise_name("Smith John 1961") == Recognised(None)


def test_reasons_hold_only_words_from_the_lists() -> None:
    found = recognise(tags(description="AX T1 POST GAD SMITHSON 19610203", protocol="DOE"), ("doe_jane_t1c",))
    text = " ".join(found.reasons).lower()
    assert "post" in text
    assert not any(word in text for word in ("smithson", "1961", "doe", "jane"))


def candidate(number: int, role: str, confidence: float = 0.9, **values: object) -> Candidate:
    return Candidate(number, Recognised(role, confidence), **values)  # type: ignore[arg-type]


def test_the_best_of_several_candidates_is_chosen() -> None:
    thick, thin = candidate(1, "t1ce", voxel_mm3=5.0, slices=24), candidate(2, "t1ce", voxel_mm3=1.0, slices=176)
    derived = candidate(3, "t1ce", voxel_mm3=0.5, derived=True)
    unsure = candidate(4, "t1ce", 0.6, voxel_mm3=0.2)
    choice = choose([thick, derived, unsure, thin, candidate(5, "flair", 0.4)])
    assert choice.chosen == {"t1ce": 2}
    assert choice.others == {"t1ce": (1, 3, 4)}


def test_the_users_word_counts_and_an_image_plays_one_role() -> None:
    choice = choose([candidate(1, "t1ce"), candidate(2, "t1ce", voxel_mm3=0.5)], {"t1": 2})
    assert choice.chosen == {"t1": 2, "t1ce": 1}


def test_contrasts_tell_the_sequences_of_real_patients(shared_data: Path) -> None:
    cases = sorted(path for path in (shared_data / "cases").iterdir() if path.is_dir())[::6]
    for number, folder in enumerate(cases):
        images = {role: read_volume(folder / f"{folder.name}_{role}.nii.gz") for role in SEQUENCES}
        order = list(SEQUENCES[number % 4 :] + SEQUENCES[: number % 4])
        found = recognise_by_contrast({}, [images[role] for role in order])
        assert [one.role for one in found] == order, folder.name


def test_contrasts_are_not_asked_where_they_cannot_tell(phantom: PhantomPatient) -> None:
    images = phantom.volumes
    assert [one.role for one in recognise_by_contrast({}, [images["t1"], images["t2"]])] == [None, None]
    known = {"t1": images["t1"], "t2": images["t2"]}
    found = recognise_by_contrast(known, [images["flair"], images["t1ce"]])
    assert [one.role for one in found] == ["flair", "t1ce"]
    noisy = [image.with_array(image.array + np.random.default_rng(0).random(image.shape)) for image in images.values()]
    assert [one.role for one in recognise_by_contrast({}, noisy)] == [None] * 4
