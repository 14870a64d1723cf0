"""The preparation in the report: what was done to each image stands there in figures, words and pictures."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from GliomaRadiomicsLib.core.results import CaseResult, Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.reports.html import render_report
from GliomaRadiomicsLib.reports.images import ReportImages
from GliomaRadiomicsLib.reports.preparation_pictures import draw_preparation

SHAPE = (64, 64, 56)
AFFINE = np.array([[-3.0, 0, 0, 96], [0, -3.0, 0, 96], [0, 0, 3.0, -84], [0, 0, 0, 1]])
BRAIN_MM = 3.0 * 41
REASON = "T2 could not be registered: the brains do not overlap"


def ball(radius: float) -> np.ndarray:
    grid = np.indices(SHAPE)
    return sum((axis - size / 2) ** 2 for axis, size in zip(grid, SHAPE, strict=True)) <= radius**2


def volume(array: np.ndarray) -> Volume:
    return Volume(np.asarray(array, dtype=np.float32), AFFINE)


@pytest.fixture(scope="module")
def head() -> np.ndarray:
    """A brain of two greys in blocks of 15 mm, dark skull, bright scalp."""
    i, j, k = np.indices(SHAPE)
    blocks = 80.0 + 60.0 * ((i // 5 + j // 5 + k // 5) % 2)
    noise = np.random.default_rng(3).normal(0, 2, SHAPE)
    return np.where(ball(20), blocks + noise, np.where(ball(24) & ~ball(22), 200.0, 0.0))


@pytest.fixture(scope="module")
def prepared(head: np.ndarray) -> ReportImages:
    """T1ce is the reference; T1 with the opposite greys was given 12 mm away; FLAIR fitted by its header."""
    brain = ball(20)
    other = np.where(brain, 220.0 - head, head)
    aligned = {"t1": volume(other), "t1ce": volume(head), "flair": volume(head)}
    before = {**aligned, "t1": volume(np.roll(other, 4, axis=0))}
    finished = {role: volume(np.where(brain, image.array, 0.0)) for role, image in aligned.items()}
    return ReportImages(finished, brain_mask=volume(brain), before=before, aligned=aligned)


def sequence(alignment: dict, **more: object) -> dict:
    brain = {"source": "network", "volume_ml": 1579.1, "expected_dice": 0.9438, "doubts": []}
    shading = {"corrected": True, "range": [0.859, 1.16]}
    data = {"shape": [256, 224, 26], "spacing_mm": [0.898, 0.898, 5.5], "brain": brain, "alignment": alignment}
    return {**data, "shading": shading, **more}


@pytest.fixture
def record() -> dict:
    moved = {"state": "registered", "shift_mm": 8.67, "rotation_degrees": 10.07, "brain_overlap": 0.9705}
    stayed = {"state": "headers", "shift_mm": 0.0, "rotation_degrees": 0.0, "brain_overlap": 0.981}
    doubtful = {"source": "network", "volume_ml": 1440.8, "expected_dice": 0.89, "doubts": ["cut at the top"]}
    refused = sequence({"state": "refused", "reason": REASON})
    del refused["shading"]
    return {
        "reference": "t1ce",
        "working_spacing_mm": 1.0,
        "brain_ml": 1578.3,
        "brain_agreement": 0.9389,
        "sequences": {
            "t1": sequence({**moved, "mutual_information_before": 0.1573, "mutual_information_after": 0.3803}),
            "t1ce": sequence({"state": "reference"}, shading={"corrected": True, "range": [0.999, 1.001]}),
            "t2": refused,
            "flair": sequence(
                {**stayed, "mutual_information_before": 0.4, "mutual_information_after": 0.4051}, brain=doubtful
            ),
        },
    }


def section(result: CaseResult, images: ReportImages | None) -> str:
    report = render_report(result, images)
    return report[report.index('<section id="preparation"') :].split("</section>")[0]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def rows_of(html: str) -> dict[str, list[str]]:
    """Text of the lines of all tables by sequence, in the order of the tables."""
    rows: dict[str, list[str]] = {}
    for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL):
        words = text_of(row)
        rows.setdefault(words.split(" ")[0], []).append(words)
    return rows


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(float)


def panels(png: bytes, count: int) -> list[np.ndarray]:
    """The panels of a sheet of equally wide panels, without the room for titles and scale bars."""
    sheet = pixels(png)
    height = sheet.shape[0]
    return np.array_split(sheet[int(0.15 * height) : int(0.88 * height)], count, axis=1)


def inner(panel: np.ndarray) -> np.ndarray:
    """The middle of a panel, where only brain is."""
    rows, columns = panel.shape
    return panel[rows // 3 : -rows // 3, columns // 3 : -columns // 3]


def test_nothing_needed_is_one_sentence_that_says_where_it_is_recorded(unchanged_result, images):
    stripped = Finding("skull-stripped", "ok", "all images are skull-stripped")
    one_grid = Finding("one-grid", "ok", "all images lie on one grid")
    told = text_of(section(replace(unchanged_result, passport=[one_grid, stripped]), images))
    assert told == (
        "Preparation Nothing was needed: the images lay on one grid and were skull-stripped already "
        "(input check: one-grid and skull-stripped )."
    )
    single = text_of(section(replace(unchanged_result, passport=[stripped]), images))
    assert "the image was skull-stripped already (input check: skull-stripped )" in single


def test_what_was_not_recorded_is_not_called_unneeded(unchanged_result, images):
    told = text_of(section(replace(unchanged_result, passport=[]), images))
    assert told == "Preparation No preparation was recorded in this run."


def test_the_tables_hold_the_figures_of_each_image(unchanged_result, record, prepared):
    html = section(replace(unchanged_result, preparation=record), prepared)
    rows = rows_of(html)
    assert rows["T1"] == [
        "T1 ↻ Moved onto T1ce 0.90 × 0.90 × 5.50 8.7 mm, 10.1° 0.157 → 0.380 0.97",
        "T1 1579 0.94 none −14 to +16 %",
    ]
    assert rows["T1ce"][0] == "T1ce = Reference the others were laid onto it 0.90 × 0.90 × 5.50 – – –"
    assert rows["T1ce"][1].endswith("below 1 %")
    assert rows["FLAIR"][0].endswith("no movement fits better 0.90 × 0.90 × 5.50 none 0.400 (at best 0.405) 0.98")
    assert rows["FLAIR"][1].startswith("FLAIR 1441 0.89 cut at the top")
    told = text_of(html)
    assert "1 mm voxels in the position of T1ce; the brain has 1578 ml" in told
    assert "agree with a Dice of 0.94" in told


def test_stripped_images_on_one_grid_say_so(unchanged_result, record):
    stripped = {
        "source": "the image, which was skull-stripped",
        "volume_ml": 1400.0,
        "expected_dice": None,
        "doubts": [],
    }
    uncorrected = {"corrected": False, "reason": "skull-stripped images are taken as corrected"}
    record["sequences"]["t1"] = sequence({"state": "one grid"}, brain=stripped, shading=uncorrected)
    rows = rows_of(section(replace(unchanged_result, preparation={**record, "brain_agreement": None}), None))
    assert rows["T1"][0].startswith("T1 ✓ Fits on the grid of T1ce already")
    assert rows["T1"][1] == (
        "T1 1400 – none: skull-stripped as given not corrected: skull-stripped images are taken as corrected"
    )


def test_a_refused_image_stands_with_its_reason_and_has_no_picture(unchanged_result, record, prepared):
    html = section(replace(unchanged_result, preparation=record), prepared)
    rows = rows_of(html)
    assert rows["T2"][0] == f"T2 ! Left out {REASON} 0.90 × 0.90 × 5.50 – – –"
    assert rows["T2"][1].endswith("image not used")
    assert not [alt for alt in re.findall(r'alt="([^"]*)"', html) if alt.startswith("T2")]


def test_the_steps_are_timed(unchanged_result, record, prepared):
    timings = {"read": 9.0, "brain extraction": 26.451, "registration": 19.699, "resampling": 5.2}
    told = text_of(section(replace(unchanged_result, preparation=record, timing_s=timings), prepared))
    assert "Time taken: brain extraction 26.5 s, registration 19.7 s, resampling 5.2 s; together 51.4 s." in told


def test_every_picture_has_an_alternative_text_and_the_steps_are_folded(unchanged_result, record, prepared):
    html = section(replace(unchanged_result, preparation=record), prepared)
    alternatives = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)">', html)
    assert len(alternatives) == html.count("<img") == 2 + 3
    assert all("patient&#x27;s right" in alt for alt in alternatives)
    assert [alt.split(" ")[0] for alt in alternatives] == ["T1", "FLAIR", "T1,", "T1ce,", "FLAIR,"]
    assert html.split("<details")[1].count("<img") == 3
    assert "as given; it was not moved" in alternatives[1]
    assert "as given and after the alignment" in alternatives[0]


def test_no_identifier_is_shown(unchanged_result, record, prepared):
    record["sequences"]["t2"]["alignment"]["reason"] = "/data/smith/JOHN_SMITH.nii.gz could not be registered"
    html = section(replace(unchanged_result, preparation=record), prepared)
    assert "smith" not in html.lower()
    assert "could not be registered" in html
    for png in re.findall(r"base64,([^\"]+)", html):
        assert not Image.open(io.BytesIO(base64.b64decode(png))).info.keys() - {"transparency"}


def test_pictures_missing_are_said(unchanged_result, record, images):
    for given in (None, images):
        assert "No pictures of the preparation" in section(replace(unchanged_result, preparation=record), given)
    assert "No pictures" not in section(replace(unchanged_result, passport=[]), images)


def test_aligned_squares_vanish_whatever_the_contrast_and_shifted_ones_stay(record, prepared):
    given, aligned = (inner(panel) for panel in panels(draw_preparation(prepared, record).boards["t1"].png, 4)[:2])
    alike = replace(prepared, aligned={**prepared.aligned, "t1": prepared.aligned["t1ce"]})
    plain = inner(panels(draw_preparation(alike, record).boards["t1"].png, 4)[1])
    assert plain.std() > 40
    assert np.abs(aligned - plain).mean() < 6
    assert np.abs(given - plain).mean() > 30


def test_the_squares_have_twenty_millimetres(record, prepared):
    below = np.indices(SHAPE)[2] < 20
    even = volume(np.where(ball(20), np.where(below, 10.0, 100.0), 0.0))
    aligned = dict.fromkeys(prepared.aligned, even)
    images = replace(prepared, before={**aligned, "t1": volume(np.zeros(SHAPE))}, aligned=aligned)
    board = draw_preparation(images, record).boards["t1"]
    given, whole = (panel > 128 for panel in panels(board.png, 4)[:2])
    width = whole.any(0).sum()
    runs: list[float] = []
    for row in (int(share * whole.shape[0]) for share in (0.4, 0.48, 0.6)):
        edges = np.flatnonzero(np.diff(given[row].astype(int)))
        runs += list(np.diff(edges)[1:-1] * BRAIN_MM / width)
    assert len(runs) >= 6
    assert np.mean(runs) == pytest.approx(20.0, abs=2.0)  # on voxels of 3 mm
    assert "Squares of 20 mm" in board.alt


def test_steps_show_the_outline_of_the_brain_and_the_brain_alone(record, prepared):
    given, aligned, finished = panels(draw_preparation(prepared, record).steps["flair"].png, 3)
    i, j, _ = np.indices(SHAPE)
    smaller = replace(prepared, brain_mask=volume(ball(20) & ~((i > 36) & (j > 36))))
    given_too, elsewhere, less = panels(draw_preparation(smaller, record).steps["flair"].png, 3)
    assert (np.abs(elsewhere - aligned) > 80).sum() > 10 * (np.abs(given_too - given) > 80).sum() + 300
    bright = [(panel > 60).sum() for panel in (given, finished, less)]
    assert bright[0] > 1.2 * bright[1]
    assert bright[1] > 1.1 * bright[2]


def test_titles_and_caption_only_claim_what_was_done(record, prepared, monkeypatch):
    titles: list[str] = []
    from GliomaRadiomicsLib.reports import preparation_pictures

    drawn = preparation_pictures.draw_anatomy
    monkeypatch.setattr(
        preparation_pictures,
        "draw_anatomy",
        lambda axes, cut, window: (titles.append(cut.title), drawn(axes, cut, window)),
    )
    record["sequences"]["flair"]["shading"] = {"corrected": False, "reason": "negative values"}
    pictures = draw_preparation(prepared, record)
    assert titles[:3] == ["As given", "Aligned; line: brain", "Shading corrected and skull-stripped"]
    assert titles[6:9] == ["As given", "Not moved; line: brain", "Skull-stripped"]
    assert "not moved, with the outline" in pictures.steps["flair"].caption
    assert titles[9:] == [
        "Axial, as given",
        "Axial, aligned",
        "Sagittal, as given",
        "Sagittal, aligned",
        "Axial",
        "Sagittal",
    ]
