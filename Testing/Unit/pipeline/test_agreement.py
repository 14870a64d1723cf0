"""What systems that grade by images say together."""

from __future__ import annotations

import pytest

from GliomaRadiomicsLib.core.results import CaseResult, Evidence, GradingResult, Trust
from GliomaRadiomicsLib.interface.summary import summary_lines
from GliomaRadiomicsLib.pipeline.agreement import agreement_of, compare
from GliomaRadiomicsLib.reports.wording import agreement_words


def grading(**probabilities: float | None) -> dict[str, GradingResult]:
    evidence = Evidence("some patients", 18, "folds")
    return {
        f"{name}_grading": GradingResult(
            p, "none" if p is None else "HGG" if p >= 0.5 else "LGG", Trust("ok"), evidence
        )
        for name, p in probabilities.items()
    }


def test_systems_that_agree_are_left_as_they_are_and_averaged() -> None:
    told = compare(grading(vq=0.9, cnn=0.8, fused=0.7))
    assert {one.trust.flag for one in told.values()} == {"ok"}
    together = agreement_of(told)
    assert together["probability_hgg"] == pytest.approx(0.8)
    assert together["agree"]
    assert together["label"] == "HGG"


def test_the_one_that_contradicts_two_is_not_trusted_and_not_averaged() -> None:
    told = compare(grading(vq=0.1, cnn=0.8, fused=0.9))
    assert told["vq_grading"].trust.flag == "no"
    assert "cnn_grading 0.80, fused_grading 0.90 against 0.10" in told["vq_grading"].trust.reasons[0]
    assert told["cnn_grading"].trust.flag == "caution"
    together = agreement_of(told)
    assert together["systems"] == ["cnn_grading", "fused_grading"]
    assert together["probability_hgg"] == pytest.approx(0.85)
    assert not together["agree"]
    assert "vq_grading" in together["left_out"]


def test_a_system_that_distrusts_itself_stays_distrusted_and_keeps_its_reason() -> None:
    given = grading(vq=0.9, cnn=0.4)
    given["vq_grading"] = GradingResult(0.9, "HGG", Trust("no", ["unlike every patient"]), Evidence("c", 1, "v"))
    told = compare(given)
    assert told["vq_grading"].trust.flag == "no"
    assert told["vq_grading"].trust.reasons[0] == "unlike every patient"
    assert agreement_of(told)["systems"] == ["cnn_grading"]


def test_gradings_by_volume_have_no_part_and_one_alone_cannot_agree() -> None:
    given = grading(volumetric=0.1, cnn=0.9, vq=None)
    assert compare(given) == given
    assert agreement_of(given) == {}


def test_the_agreement_in_words() -> None:
    def words(**probabilities: float | None) -> str:
        told = compare(grading(**probabilities))
        return agreement_words(CaseResult({}, [], grading=told, agreement=agreement_of(told)))

    assert "say the same: mean probability of grade 4" in words(vq=0.9, cnn=0.8, fused=0.7)
    contradicted = words(vq=0.1, cnn=0.8, fused=0.9)
    assert "cnn grading and fused grading" in contradicted.lower()
    assert "left out" in contradicted
    assert words(cnn=0.4) == ""
    assert "by VQ grading, CNN grading and fused grading" in words(vq=0.9, cnn=0.8, fused=0.7)


def test_an_undecided_system_is_named_where_all_agree() -> None:
    told = compare(grading(vq=0.51, cnn=0.8, fused=0.7))
    result = CaseResult({}, [], grading=told, agreement=agreement_of(told))
    assert "agree, but VQ grading is undecided (0.51): mean" in agreement_words(result)
    line = next(line for line in summary_lines(result) if line.label.endswith("together"))
    assert (line.value, line.mark) == ("they agree, but VQ grading is undecided (0.51)", "caution")
