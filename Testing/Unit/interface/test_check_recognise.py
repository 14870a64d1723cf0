"""The input check as rows with buttons that mend, and selectors that fill themselves."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import NOT_CHECKED, Finding
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.interface.check import SEVERITIES, check_rows, check_summary
from GliomaRadiomicsLib.interface.recognise import sequences_by_name

CODES = st.sampled_from(["a", "b-not-checked", "c"])
FINDINGS = st.lists(
    st.builds(Finding, CODES, st.sampled_from(["ok", "fixed", "warning", "refused"]), st.text(min_size=1))
)


@given(FINDINGS)
def test_every_finding_is_a_row_and_the_gravest_come_first(findings: list[Finding]) -> None:
    rows = check_rows(findings)
    assert sorted(row.severity for row in rows) == sorted(finding.outcome for finding in findings)
    places = [SEVERITIES.index(row.severity) for row in rows]
    assert places == sorted(places)


def test_what_was_not_checked_is_not_called_fine() -> None:
    (row,) = check_rows([Finding("contrast-agent-not-checked", "ok", "x")])
    assert (row.severity, row.title) == (NOT_CHECKED, "Not checked")
    assert check_summary([Finding("a", "ok", "x"), Finding("b", "warning", "y")]) == "1 to look at, 1 fine"


@pytest.mark.parametrize("order", [("t2", "t1ce", "t1", "flair"), ("t1", "t1ce", "flair", "t2")])
def test_sequences_that_the_passport_says_are_swapped_are_put_right(
    phantom: PhantomPatient, order: tuple[str, ...]
) -> None:
    images = {role: phantom.volumes[shown] for role, shown in zip(SEQUENCES, order, strict=True)}
    rows = check_rows(inspect(images, collect=True).findings)
    fixes = [row.fix for row in rows if row.fix is not None]
    assert len(fixes) == 1, [row.message for row in rows]
    given_as = dict(zip(SEQUENCES, order, strict=True))
    after = given_as | {role: given_as[source] for role, source in fixes[0].changes.items() if source}
    assert after == {role: role for role in SEQUENCES}
    assert "Exchange" in fixes[0].label


@pytest.mark.parametrize("order", [order for order in permutations(SEQUENCES) if order != SEQUENCES])
def test_a_longer_mix_up_is_put_in_order(order: tuple[str, ...]) -> None:
    looks = dict(zip(SEQUENCES, order, strict=True))
    wrong = [role for role in SEQUENCES if looks[role] != role]
    text = ", ".join(f"{SEQUENCE_NAMES[r]} looks like {SEQUENCE_NAMES[looks[r]]}" for r in wrong)
    message = f"the sequences look mixed up ({text}): check and reorder them"
    (row,) = check_rows([Finding("sequences-swapped", "warning", message)])
    assert row.fix is not None
    assert {role: looks[source or ""] for role, source in row.fix.changes.items()} == {role: role for role in wrong}


def test_a_refused_image_can_be_left_out_and_a_plain_warning_has_no_button() -> None:
    refused, plain = check_rows(
        [
            Finding("few-values", "warning", "T2 holds few values", "t2"),
            Finding("constant", "refused", "T1 is empty", "t1"),
        ]
    )
    assert refused.sequence == "T1"
    assert refused.fix is not None
    assert refused.fix.changes == {"t1": None}
    assert plain.fix is None


def test_a_file_name_that_says_another_sequence_offers_the_exchange() -> None:
    message = "T1: the name of the file given says FLAIR; check that the images were not exchanged"
    (row,) = check_rows([Finding("sequence-name-differs", "warning", message, "t1")])
    assert row.fix is not None
    assert row.fix.changes == {"t1": "flair", "flair": "t1"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["BraTS_t1.nii.gz", "BraTS_t1ce.nii.gz", "BraTS_t2.nii.gz", "BraTS_flair.nii.gz"], SEQUENCES),
        (["5: AX FLAIR", "2: AX T1 POST GAD", "1: AX T1 PRE"], ("flair", "t1ce", "t1")),
        (["Segmentation", "localizer", "volume"], ()),
    ],
)
def test_selectors_fill_themselves_by_name(names: list[str], expected: tuple[str, ...]) -> None:
    assert sequences_by_name(names) == {role: place for place, role in enumerate(expected)}


def test_two_images_of_one_kind_leave_the_selector_empty() -> None:
    assert sequences_by_name(["T2 axial", "T2 sagittal", "FLAIR"]) == {"flair": 2}


@given(st.permutations(["t1.nii", "t1ce.nii", "t2.nii", "flair.nii", "seg.nii", "notes"]))
def test_the_order_of_the_names_does_not_matter(names: list[str]) -> None:
    assert {role: names[i].split(".")[0] for role, i in sequences_by_name(names).items()} == {r: r for r in SEQUENCES}
