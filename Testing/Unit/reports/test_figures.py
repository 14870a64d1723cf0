from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.reports.drawing import OUTLINES, Sheet
from GliomaRadiomicsLib.reports.figures import MAX_HEATMAPS, draw_axial, draw_heatmaps, draw_planes, draw_sequences
from GliomaRadiomicsLib.reports.heatmap_kinds import kind_of
from GliomaRadiomicsLib.reports.images import BrainView, ReportImages
from GliomaRadiomicsLib.reports.sections.swatch import swatch


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def coloured(png: bytes) -> int:
    image = pixels(png)
    return int(((image.max(2) - image.min(2)) > 60).sum())


def test_the_labels_are_seen_in_their_colours(images):
    image = pixels(draw_planes(BrainView.of(images)).png)
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    assert ((red > 200) & (green < 60) & (blue < 60)).sum() > 50, "NCR/NET red"
    assert ((red < 60) & (green > 200) & (blue < 60)).sum() > 50, "ED green"
    assert ((red > 200) & (green > 200) & (blue < 60)).sum() > 50, "ET yellow"


def test_the_image_inside_an_outline_stays_as_it_is(images):
    """The core is a ball of 30 mm: but for its lines, what lies inside is grey, as without labels."""
    image = pixels(draw_planes(BrainView.of(images)).png)
    bare = pixels(draw_planes(BrainView.of(replace(images, label_map=None))).png)
    changed = np.abs(image - bare).max(2) > 40
    rows, columns = np.nonzero(changed[:, : image.shape[1] // 3])
    inside = changed[rows.min() : rows.max(), columns.min() : columns.max()]
    assert 0.02 < inside.mean() < 0.3


def test_the_legend_has_the_colours_and_line_styles_of_the_picture(images):
    image = pixels(draw_planes(BrainView.of(images)).png)
    for label in LABELS:
        colour = tuple(round(255 * part) for part in label.colour)
        drawing = swatch(label.key)
        assert f'stroke="rgb({colour[0]},{colour[1]},{colour[2]})"' in drawing
        assert ("stroke-dasharray" in drawing) == (OUTLINES[label.key] != "-")
        assert (np.abs(image - colour).max(2) <= 12).sum() > 20, label.key


def test_the_tumour_is_drawn_on_its_side(images):
    """The tumour lies on the patient's left, so it is right of the middle of the axial panel."""
    image = pixels(draw_planes(BrainView.of(images)).png)
    panel = image[:, : image.shape[1] // 3]
    columns = np.nonzero((panel.max(2) - panel.min(2)) > 60)[1]
    assert columns.mean() > panel.shape[1] / 2


def test_no_colour_without_tumour(images):
    empty = replace(images, label_map=images.label_map.with_array(np.zeros_like(images.label_map.array)))
    for given in (empty, replace(images, label_map=None)):
        picture = draw_planes(BrainView.of(given))
        assert coloured(picture.png) == 0
        assert "no tumour labelled" in picture.caption


def test_all_sequences_are_shown_plain_and_outlined(images):
    plain, outlined = (draw_sequences(BrainView.of(images), outlined) for outlined in (False, True))
    assert coloured(plain.png) == 0 < coloured(outlined.png)
    assert "T1, T1ce, T2 and FLAIR, axial slice 23 of 40, 6 mm above the brain's middle" in outlined.caption


@pytest.mark.parametrize("role", ["t1", "flair"])
def test_one_sequence_is_enough(images, role):
    view = BrainView.of(ReportImages({role: images.volumes[role]}))
    assert draw_planes(view).png.startswith(b"\x89PNG")
    assert draw_axial(view) == []


@pytest.mark.parametrize("role", ["t1", "flair"])
def test_one_sequence_fills_its_picture_plain_and_outlined(images, role):
    (picture,) = draw_axial(BrainView.of(replace(images, volumes={role: images.volumes[role]}, heatmaps={})))
    assert "plain and with the outlines of the labels" in picture.caption
    drawn = pixels(picture.png)
    left, right = np.split(drawn[:, : drawn.shape[1] // 2 * 2], 2, axis=1)
    for half in (left, right):
        assert ((half.max(2) > 60).mean()) > 0.1
    spread = drawn.max(2).astype(int) - drawn.min(2)
    columns = np.nonzero(spread > 60)[1]
    assert columns.size
    assert columns.min() > drawn.shape[1] / 2


def test_several_sequences_are_drawn_plain_and_outlined(images):
    assert len(draw_axial(BrainView.of(images))) == 2
    assert len(draw_axial(BrainView.of(replace(images, label_map=None)))) == 1


def test_heat_map_shows_its_threshold_and_only_what_reaches_it(images):
    picture = draw_heatmaps(BrainView.of(images))["cnn_grading-gradcam"]
    assert "Shown from 0.3" in picture.caption
    weak = images.heatmaps["cnn_grading-gradcam"].array * 0.2
    weak[30, 30, 20] = 1.0
    fewer = draw_heatmaps(BrainView.of(replace(images, heatmaps={"a": images.grid.with_array(weak)})))["a"]
    assert coloured(fewer.png) < 0.5 * coloured(picture.png)


def test_a_signed_heat_map_shows_both_signs_and_says_so(images):
    half = images.heatmaps["cnn_grading-gradcam"].array.copy()
    half[:32] *= -0.5
    drawn = draw_heatmaps(BrainView.of(replace(images, heatmaps={"a": images.grid.with_array(half)})))["a"]
    assert "at least 0.3 in size (30 % of the largest, 1): red where positive, blue where negative" in drawn.caption
    assert "upwards" not in drawn.caption
    red, blue = (pixels(drawn.png)[..., channel].astype(int) for channel in (0, 2))
    assert (red - blue > 60).sum() > 500
    assert (blue - red > 60).sum() > 500


@pytest.mark.parametrize(
    ("name", "bar", "amount"),
    [
        ("segmentation-uncertainty", "uncertainty (bits)", "from 0.3 bits (30 % of the largest, 1 bit)"),
        ("volumetric_grading-occlusion", "change of the prediction (log-odds)", "0.3 log-odds"),
        ("cnn_grading-gradcam", "weight (no unit)", "from 0.3 (30 %"),
        ("something", "map value (no unit)", "from 0.3 (30 %"),
    ],
)
def test_colour_bar_caption_and_text_give_the_same_unit(images, name, bar, amount, monkeypatch):
    labels = []
    monkeypatch.setattr(Sheet, "add_colour_bar", lambda self, shown, label, *rest: labels.append(label))
    heatmap = next(iter(images.heatmaps.values()))
    caption = draw_heatmaps(BrainView.of(replace(images, heatmaps={name: heatmap})))[name].caption
    assert labels == [bar]
    assert amount in caption
    unit = kind_of(name).unit
    assert unit.lower() in kind_of(name).explanation.lower()


def test_negative_values_that_are_not_shown_are_not_spoken_of(images):
    weak = images.heatmaps["cnn_grading-gradcam"].array.copy()
    weak[:20] = -0.2
    drawn = draw_heatmaps(BrainView.of(replace(images, heatmaps={"a": images.grid.with_array(weak)})))["a"]
    assert "upwards" in drawn.caption


@pytest.mark.parametrize("values", [0.0, np.nan])
def test_an_empty_heat_map_is_drawn_without_colour_on_the_brain(images, values):
    heatmap = images.grid.with_array(np.full(images.grid.shape, values))
    drawn = draw_heatmaps(BrainView.of(replace(images, heatmaps={"a": heatmap})))["a"]
    anatomy = pixels(drawn.png).astype(int)
    assert (anatomy.min(axis=-1) > 60).mean() > 0.05, "slices through the brain, not through its border"
    assert "Nowhere in this case: the map is zero everywhere." in drawn.caption
    assert "strongest" not in drawn.caption
    assert "30 %" not in drawn.caption


def test_only_some_heat_maps_are_drawn(images):
    heatmap = next(iter(images.heatmaps.values()))
    many = replace(images, heatmaps={f"system-map {i}": heatmap for i in range(MAX_HEATMAPS + 2)})
    assert len(draw_heatmaps(BrainView.of(many))) == MAX_HEATMAPS


def test_a_single_voxel_and_a_single_slice_can_be_drawn(images):
    labels = np.zeros(images.grid.shape, np.uint8)
    labels[20, 20, 20] = 4
    assert draw_planes(BrainView.of(replace(images, label_map=images.grid.with_array(labels)))).png
    flat = {"t1": Volume(np.arange(600.0).reshape(20, 30, 1), np.diag([1.0, 1, 5, 1]))}
    one = Volume((np.arange(600).reshape(20, 30, 1) > 500).astype(np.uint8), np.diag([1.0, 1, 5, 1]))
    assert draw_planes(BrainView.of(ReportImages(flat, one))).png


def test_a_tilted_image_says_so():
    angle = np.radians(20)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    picture = draw_planes(BrainView.of(ReportImages({"t1": Volume(np.ones((20, 20, 20)), affine)})))
    assert "tilted by 20°" in picture.caption
