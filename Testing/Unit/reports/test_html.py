from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow, Finding
from GliomaRadiomicsLib.reports.html import render_report, write_report
from GliomaRadiomicsLib.reports.sections import SECTIONS
from GliomaRadiomicsLib.reports.wording import NOTICE

VOID = {"meta", "br", "img", "hr"}


class Page(HTMLParser):
    """Fails on tags that do not match; keeps elements, attributes, ids and the text by section."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._section = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "section":
            self._section = dict(attrs)["id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"
        if tag == "section":
            self._section = ""

    def handle_data(self, data):
        if "style" not in self.open:
            self.text[self._section] = self.text.get(self._section, "") + data + " "


@pytest.fixture(scope="module")
def report(unchanged_result, images, features) -> str:
    provenance = {"weights_sha256": {"segmentation": {"weights.safetensors": "cd" * 32, "config.json": "ef" * 32}}}
    return render_report(unchanged_result, images, features=features, provenance=provenance)


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(report)


def test_every_section_is_there_in_order_and_linked(page):
    anchors = [section.anchor for section in SECTIONS]
    assert [attributes["id"] for tag, attributes in page.elements if tag == "section"] == anchors
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == [f"#{a}" for a in anchors]
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_from_outside(report, page):
    for _, attributes in page.elements:
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/png;base64,", "#"))
    assert {"script", "link", "iframe"}.isdisjoint({tag for tag, _ in page.elements})
    assert re.search(r"https?://|url\(|@import|file:", report) is None


def test_notice_and_summary_stand_on_top(page, images):
    assert NOTICE in page.text[""]
    summary = page.text["summary"]
    labels = images.label_map.array
    whole, enhancing = 0.027 * (labels > 0).sum(), 0.027 * (labels == 4).sum()
    assert f"Whole tumour {whole:.1f} ml, enhancing {enhancing:.1f} ml; largest diameter 52 mm." in summary
    assert "Probability of grade 4 (against 2 and 3): 0.93." in summary
    assert "AUC 0.91 (0.86 to 0.95), n\u00a0=\u00a0167" in summary
    assert "whole tumour; within one axial slice 48 mm" in summary


def test_how_the_grade_was_validated_stands_once_and_under_evidence(page):
    assert [name for name, text in page.text.items() if "5-fold CV" in text] == ["evidence"]
    assert page.text["evidence"].count("5-fold CV") == page.text["evidence"].count("sites differ") == 1
    assert "0.91 (95 % interval 0.86 to 0.95)" in page.text["evidence"]


def test_no_label_of_the_systems_is_shown_to_readers(result):
    for label, shown in (("HGG", "grade 4"), ("LGG", "grade 2 or 3")):
        result.grading["volumetric_grading"] = replace(result.grading["volumetric_grading"], label=label)
        text = Page(render_report(result, None)).text
        assert re.search(rf"More likely\s+{shown}\s", text["grading"])
        assert not any(re.search("HGG|LGG", part) for part in text.values())


def test_the_measured_dice_stands_beside_each_volume_before_the_networks_own_estimate(page):
    assert "Dice on patients of unseen sites: 0.81 (0.74 to 0.87), n\u00a0=\u00a018" in page.text["summary"]
    assert "0.90" not in page.text["summary"]
    text = page.text["volumes"]
    assert "Dice on patients of unseen sites, n\u00a0=\u00a018" in text
    assert re.search(r"Tumour core .* ml .* 0\.57 \(0\.42 to 0\.70\)", text)
    assert "given exactly these sequences" in text
    own = "own estimate of its Dice for this patient, which tends to be too high: whole tumour 0.90."
    assert text.index("0.57 (0.42 to 0.70)") < text.index(own)


def test_the_dice_of_the_evidence_is_in_words(page):
    assert re.search(r"Dice WT\s+mean 0\.81 \(95 % interval 0\.74 to 0\.87\)", page.text["evidence"])
    assert re.search(r"Validation\s+site left out\s+Patients\s+18", page.text["evidence"])


def test_enhancement_that_no_image_could_show_is_no_zero(result):
    volumes = {**result.segmentation.volumes_ml, "ET": 0.0}
    result.segmentation = replace(result.segmentation, volumes_ml=volumes, sequences_used=["flair"])
    text = Page(render_report(result, None)).text
    assert "enhancing not visible without T1ce" in text["summary"]
    assert re.search(r"Enhancing tumour\s+ET\s+not visible without T1ce", text["volumes"])
    result.segmentation = replace(result.segmentation, sequences_used=["t1ce"])
    assert "enhancing 0.0 ml" in Page(render_report(result, None)).text["summary"]


def test_without_sites_left_out_nobody_speaks_of_unseen_sites(result):
    evidence = {**result.segmentation.evidence, "validation": "every tenth patient"}
    result.segmentation = replace(result.segmentation, evidence=evidence)
    text = Page(render_report(result, None)).text
    assert "Dice on unseen patients: 0.81" in text["summary"]
    assert "unseen sites" not in text["summary"] + text["volumes"]


def test_a_dice_that_was_not_measured_is_said_so(result):
    result.segmentation = replace(result.segmentation, evidence={})
    text = Page(render_report(result, None)).text
    assert "not measured on unseen patients for these sequences" in text["volumes"]
    assert "Dice" not in text["summary"]


def test_a_given_outline_has_no_dice_but_its_hash(given):
    text = Page(render_report(given, None)).text
    assert "The outline was given with the case" in text["summary"]
    assert "no Dice to state for it" in text["volumes"]
    assert "own estimate" not in text["volumes"] and "0.81" not in text["summary"] + text["volumes"]
    assert re.search(rf"Mask\s+48.*?{'12' * 32}", text["provenance"])


@pytest.fixture
def given(result) -> CaseResult:
    """The result of a case that came with its outline."""
    image = {"shape": [48, 56, 40], "spacing_mm": [3.0] * 3, "sha256": "12" * 32}
    result.inputs |= {"mask": True, "mask_image": image}
    result.segmentation = replace(result.segmentation, model="given mask", uncertainty={}, evidence={})
    return result


def with_flag(result: CaseResult, flag: str) -> CaseResult:
    grade = result.grading["volumetric_grading"]
    result.grading["volumetric_grading"] = replace(grade, trust=replace(grade.trust, flag=flag, reasons=[]))
    return result


def test_the_summary_and_the_grade_show_the_flag_and_whose_outline_it_rests_on(result):
    report = render_report(with_flag(result, "caution"), None)
    text = Page(report).text
    for part in (text["summary"], text["grading"]):
        assert "No objection" not in part
        assert "Caution" in part
        assert "The AUC was measured on manual outlines; the outline here is automatic." in part
    assert 'class="trust caution"' in report and 'class="trust ok"' not in report


def test_there_may_be_no_objection_on_a_given_outline(given):
    text = Page(render_report(with_flag(given, "ok"), None)).text
    assert "No objection" in text["summary"]
    assert "The AUC was measured on manual outlines; the outline here was given." in text["summary"]


def test_graver_flags_stay_and_nothing_is_said_of_manual_outlines_unless_the_evidence_does(result):
    grade = result.grading["volumetric_grading"]
    evidence = replace(grade.evidence, cohort="TCGA")
    result.grading["volumetric_grading"] = replace(grade, evidence=evidence)
    text = Page(render_report(with_flag(result, "no"), None)).text
    assert "Do not rely on it" in text["summary"] and "Do not rely on it" in text["grading"]
    assert "The outline here is automatic." in text["summary"]
    assert "manual" not in text["summary"]


def test_the_report_says_when_it_was_made_in_the_head_and_at_the_foot_of_each_page(report, page, result):
    assert "2026-03-01, 09:05 (UTC+01:00)" in page.text[""]
    foot = re.search(r'@bottom-left \{ content: "([^"]*)"', report)
    assert foot is not None
    assert "2026-03-01, 09:05 (UTC+01:00)" in foot[1]
    images = re.search(r"images ([0-9a-f]{8})", foot[1])
    assert images is not None and f"images {images[1]}" in page.text[""]
    result.inputs["sequences"]["t2"]["sha256"] = "cd" * 32
    assert images[1] not in render_report(result, None), "other images, another fingerprint"


@pytest.mark.parametrize("created", ["", 'x"; } body { display: none; } /*', "</style><script>"])
def test_a_run_without_a_date_says_so_and_nothing_else_reaches_the_style(result, created):
    result.created = created
    report = render_report(result, None)
    assert "run of unknown date" in Page(report).text[""]
    assert "display: none; } /*" not in report and "<script" not in report


def test_the_time_taken_says_what_it_includes(result):
    result.timing_s = {"read": 1.25, "scene": 2.5}
    text = Page(render_report(result, None)).text["provenance"]
    assert "Without the step that writes this report" in text
    assert re.search(r"Scene\s+2\.50 s\s+Together\s+3\.75 s", text)


def test_without_features_nobody_invents_a_diameter(result):
    text = Page(render_report(result, None)).text
    assert "diameter" not in text["summary"]
    assert "Diameters were not measured" in text["volumes"]


def test_volumes_have_units_and_shares(page, unchanged_result):
    volumes = unchanged_result.segmentation.volumes_ml
    assert f"{volumes['ED']:.1f} ml" in page.text["volumes"]
    assert f"{100 * volumes['ED'] / volumes['WT']:.1f} %" in page.text["volumes"]


def test_grade_shows_contributions_trust_and_evidence(page):
    text = page.text["grading"]
    assert "Enhancing volume 45.1 ml" in text
    assert "+1.50" in text and "−0.40" in text
    assert "Caution" in text and "oedema is unusual" in text and "80 %" in text


def test_bars_point_to_their_side(page):
    bars = {a["class"]: a["style"] for tag, a in page.elements if a.get("class", "").startswith("bar ")}
    assert bars == {"bar up": "left:50.0%;width:50.0%", "bar down": "left:36.7%;width:13.3%"}


def test_findings_come_gravest_first_in_words(page):
    text = page.text["passport"]
    assert text.index("Bright spot.") < text.index("One grid.")
    assert "Warning" in text and "T2" in text


def test_abstaining_gives_the_reason(page):
    assert "Abstained: no model." in page.text["molecular"]
    assert "Not available" in page.text["survival"]


def test_pictures_have_alternative_text_and_tables_headers(page):
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(pictures) == 4
    assert all("patient's right is on the image's left" in picture["alt"] for picture in pictures)
    tables = [i for i, (tag, _) in enumerate(page.elements) if tag == "table"]
    assert all(page.elements[i + 1][0] == "caption" for i in tables)
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in page.elements if tag == "th")


def test_unmeasured_values_are_dashes_with_their_reason(page):
    text = page.text["features"]
    assert re.search(r"glcm_Correlation\s+–\s+1", text)
    assert re.search(r"1\s+– region is flat, one grey level", text)
    assert "nan" not in text.lower()


def test_provenance_shows_hashes(page):
    text = page.text["provenance"]
    assert "ab" * 32 in text
    assert re.search(
        rf"Segmentation / weights\.safetensors\s+{'cd' * 32}\s+Segmentation / config\.json\s+{'ef' * 32}", text
    )
    assert "{" not in text


def test_strings_are_escaped(result, images):
    evil = "<script>alert(1)</script>\"'&"
    grade = result.grading.pop("volumetric_grading")
    trust = replace(grade.trust, reasons=[evil])
    contributions = [{"name": evil, "value": evil, "unit": evil, "contribution": 1.0}]
    evidence = replace(grade.evidence, cohort=evil, note=evil, validation=evil)
    grade = replace(grade, label=evil, trust=trust, contributions=contributions, evidence=evidence)
    result.grading[evil] = grade
    result.passport = [Finding(evil, "warning", evil, evil)]
    result.mgmt = result.idh = {"status": "predicted", evil: evil, "evidence": {evil: evil}}
    result.survival = {"status": "abstained", "reason": evil}
    result.segmentation = replace(result.segmentation, model=evil, uncertainty={evil: 1.0}, evidence={evil: evil})
    result.versions, result.timing_s = {evil: evil}, {evil: 1.0}
    heatmaps = {evil: next(iter(images.heatmaps.values()))}
    rows = [FeatureRow(evil, evil, evil, math.nan, evil)]
    report = render_report(result, replace(images, heatmaps=heatmaps), features=rows)
    assert "<script" not in report
    assert "&lt;script&gt;" in report
    Page(report)


def test_no_file_name_is_shown(result, images):
    path = "/home/xdoe/Doe Jane 1961/DOE_JANE_t1.nii.gz"
    result.inputs["sequences"]["t1"]["path"] = path
    messages = [path, "DOE_JANE_t1.nii.gz was resampled", "DOE_JANE_t1 is 2-D", r"C:\Users\xdoe\scan.nrrd is odd"]
    result.passport = [Finding("x", "warning", message, "t1") for message in messages]
    result.mgmt = {"status": "abstained", "reason": f"could not read {path}"}
    row = FeatureRow("t1", "WT", "a", math.nan, "see DOE_JANE_t1.nii.gz")
    report = render_report(result, images, features=[row])
    for part in ("DOE_JANE", "Doe Jane", "xdoe", "scan.nrrd", ".nii"):
        assert part not in report
    assert "[file] was resampled" in report


def test_words_with_slashes_are_no_paths(result, images):
    result.passport = [Finding("x", "ok", "labels 1/2/4 and/or mm/s, grade 4 against 2/3 fit.")]
    assert "labels 1/2/4 and/or mm/s, grade 4 against 2/3 fit." in render_report(result, images)


def test_a_run_without_anything_still_reports():
    page = Page(render_report(CaseResult({}, []), None))
    assert "not segmented" in page.text["summary"]
    for anchor in ("pictures", "volumes", "grading", "molecular", "survival", "heatmaps", "features"):
        assert re.search("Not available|No pictures|No heat maps", page.text[anchor]), anchor


def test_an_empty_mask_has_no_shares(result, images):
    volumes = dict.fromkeys(result.segmentation.volumes_ml, 0.0)
    result.segmentation = replace(result.segmentation, volumes_ml=volumes)
    empty = images.label_map.with_array(np.zeros_like(images.label_map.array))
    page = Page(render_report(result, replace(images, label_map=empty)))
    assert "No tumour was found" in page.text["summary"]
    assert "label map is empty" in page.text["volumes"]
    assert "nan" not in page.text["volumes"].lower()


def test_a_grade_that_was_not_given_says_why(result):
    grade = replace(result.grading["volumetric_grading"], probability_hgg=None, reason="no enhancing tumour")
    result.grading["volumetric_grading"] = grade
    page = Page(render_report(result, None))
    assert "not predicted (no enhancing tumour)" in page.text["summary"]
    assert "No prediction: no enhancing tumour." in page.text["grading"]


@pytest.mark.parametrize(("value", "shown"), [(0.9999, "> 0.99"), (0.0001, "< 0.01"), (0.5, "0.50")])
def test_probability_is_never_certain(result, value, shown):
    result.grading["volumetric_grading"] = replace(result.grading["volumetric_grading"], probability_hgg=value)
    assert f"grade 4 (against 2 and 3): {shown}." in Page(render_report(result, None)).text["summary"]


def test_many_features_are_cut_and_counted(result):
    rows = [FeatureRow("t1", "WT", f"feature {i}", float(i)) for i in range(200)]
    text = Page(render_report(result, None, features=rows)).text["features"]
    assert "feature 119" in text and "feature 120" not in text
    assert "80 more in features.csv" in text


def test_the_written_file_is_whole_and_small(result, images, features, tmp_path):
    path = tmp_path / "report.html"
    write_report(result, images, path, features=features)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert path.stat().st_size < 3_000_000


def test_it_can_be_printed(report):
    assert "@media print" in report and "print-color-adjust: exact" in report
    assert "prefers-color-scheme: dark" in report


def test_a_real_patient_stays_small(shared_data, result):
    nibabel = pytest.importorskip("nibabel")
    from GliomaRadiomicsLib.core.volume import Volume
    from GliomaRadiomicsLib.reports.images import ReportImages

    folder = next(p for p in sorted((shared_data / "cases").iterdir()) if p.is_dir())

    def load(role: str) -> Volume:
        image = nibabel.load(folder / f"{folder.name}_{role}.nii.gz")
        return Volume(np.asarray(image.dataobj).astype(np.float32), image.affine)

    labels = load("seg")
    heatmaps = {f"map-{i}": labels.with_array(labels.array * (i + 1)) for i in range(6)}
    images = ReportImages({role: load(role) for role in ("t1", "t1ce", "t2", "flair")}, labels, heatmaps)
    assert len(render_report(result, images)) < 3_000_000


def test_several_gradings_stand_in_one_table_instead_of_tiles(result):
    page = Page(render_report(result, None))
    assert "Trust in the grade" in page.text["summary"]
    grade = result.grading["volumetric_grading"]
    result.grading["cnn_grading"] = replace(grade, probability_hgg=0.25)
    result.grading["vq_grading"] = replace(grade, probability_hgg=None, reason="no T2 given")
    text = Page(render_report(result, None)).text["summary"]
    assert "Trust in the grade" not in text
    assert "CNN grading 0.25." in text
    assert "Grade by VQ grading: not predicted (no T2 given)." in text
    assert "Grade by Probability of grade 4 (against 2 and 3) Trust Measured Volumetric grading" in text
