"""Training images of the brain extraction: heads drawn around stripped brains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom
from GliomaRadiomicsLib.systems.brain_extraction.bundle import train_bundle
from GliomaRadiomicsLib.systems.brain_extraction.dress import GRID, Head, photograph, place
from GliomaRadiomicsLib.systems.brain_extraction.evaluate import evaluate
from GliomaRadiomicsLib.systems.brain_extraction.mask import BrainMask, doubts_of
from GliomaRadiomicsLib.systems.brain_extraction.predict import BrainExtractor
from GliomaRadiomicsLib.systems.brain_extraction.surroundings import Around, draw_surroundings
from GliomaRadiomicsLib.systems.brain_extraction.train import BrainSettings, bare_head, fit_heads
from GliomaRadiomicsLib.training.loop import LoopSettings


@pytest.fixture(scope="module")
def head() -> Head:
    """A brain-sized ellipsoid of noise, on voxels of 2 mm."""
    i, j, k = np.ogrid[-40:40, -48:48, -36:36]
    brain = (i / 34) ** 2 + (j / 42) ** 2 + (k / 31) ** 2 < 1
    images = np.random.default_rng(0).normal(size=(2, *brain.shape)).astype(np.float16) * brain
    return Head(images, brain, bare=True)


def test_the_brain_is_wrapped_in_bone_and_skin_and_left_whole(head: Head) -> None:
    brain = np.pad(head.brain, 20)
    tissue = draw_surroundings(np.random.default_rng(1), brain, 2.0)
    assert np.array_equal(tissue == Around.BRAIN, brain)
    near = ndimage.binary_dilation(brain, iterations=6) & ~brain
    assert np.isin(tissue[near], (Around.BONE, Around.MARROW)).mean() > 0.2
    assert {Around.FAT, Around.SKIN, Around.EYE, Around.MUSCLE} <= set(np.unique(tissue))


def test_a_photograph_depends_on_its_seed_only(head: Head) -> None:
    first, again, other = (
        photograph(np.random.default_rng(seed), place(np.random.default_rng(place_seed), head))
        for seed, place_seed in ((1, 1), (1, 1), (2, 1))
    )
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)
    assert first.image.shape == first.brain.shape == GRID


def test_photographs_are_signals_with_the_brain_inside(head: Head) -> None:
    volume = head.brain.sum()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        taken = photograph(rng, place(rng, head))
        assert 0.0 <= taken.image.min() <= taken.image.max() <= 1.5
        assert set(np.unique(taken.brain)) <= {0.0, 1.0}
        assert 0.4 * volume < taken.brain.sum() < 1.6 * volume
        assert (taken.image[taken.brain > 0] > 0).mean() > 0.9


def test_stripped_images_become_a_head_of_their_brain() -> None:
    i, j, k = np.ogrid[-60:60, -60:60, -60:60]
    inside = (i**2 + j**2 + k**2) < 40**2
    array = np.where(inside, np.random.default_rng(0).uniform(50, 100, inside.shape), 0.0).astype(np.float32)
    array[58:62, 58:62, 58:62] = 0.0
    head = bare_head({"t1": Volume(array, np.eye(4)), "flair": Volume(array[..., ::-1].copy(), np.eye(4))})
    assert head.images.shape == (2, *head.brain.shape)
    assert head.brain.sum() * 8 == pytest.approx(inside.sum(), rel=0.03)
    with pytest.raises(RefusedInput, match="skull-stripped"):
        bare_head({"t1": Volume(array + 1.0, np.eye(4))})


def test_the_network_learns_from_them(head: Head, tmp_path: Path) -> None:
    pytest.importorskip(
        "lightning_fabric", reason='SKIPPED: needs lightning-fabric, pip install "glioma-radiomics[train]"'
    )
    loop = LoopSettings(steps=12, learning_rate=0.01, warmup=1, precision="32-true", accelerator="cpu")
    settings = BrainSettings(channels=(8, 16), scenes=2, loop=loop)
    _, done = fit_heads([head], [], settings, tmp_path / "brain.pt")
    losses = [float(line.split(",")[1]) for line in (tmp_path / "brain.csv").read_text().splitlines()[1:]]
    assert done["steps"] == 12
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])


def test_a_bundle_is_trained_saved_and_used(tmp_path: Path) -> None:
    patient = make_phantom(3, shape=(60, 72, 52), spacing_mm=3.0)
    files = write_phantom(patient, tmp_path)
    (tmp_path / "COHORT.csv").write_text(f"case,t1,site\na,{files['t1'].name},x\n")
    config = {"scenes": 2, "phantoms": 1, "measure_phantoms": 0, "cohort": "one phantom", "loop": {"steps": 2}}
    out = train_bundle(read_cohort(tmp_path / "COHORT.csv"), tmp_path / "mine", config)
    assert (tmp_path / "mine.work" / "all.pt").is_file()
    found = BrainExtractor(out)
    assert found.metadata["training"]["cohort"] == "one phantom"
    assert found.metadata["training"]["n"] == 1
    assert found.metadata["evidence"]["validation"] == "not measured"
    assert found.predict(patient.volumes["t1"]).mask.same_grid(patient.volumes["t1"])


def test_an_unknown_setting_of_the_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="did you mean 'scenes'"):
        train_bundle([], tmp_path / "mine", {"scene": 3})


def test_rows_of_the_evaluation_tell_dice_and_volumes() -> None:
    class Known:
        def predict(self, image: Volume) -> BrainMask:
            return BrainMask(image.with_array((image.array > 1).astype(np.uint8)), 0.9, 0.008, ())

    image = Volume(np.zeros((4, 4, 4)), np.eye(4))
    image.array[:2, :2, :2] = 2
    truth = image.with_array((image.array > 1) & (np.arange(4)[:, None, None] < 1))
    (row,) = evaluate(Known(), [("phantom 1", "t1", image, truth)])  # type: ignore[arg-type]
    assert row["dice"] == pytest.approx(2 * 4 / 12, abs=1e-3)
    assert row["true_ml"] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("height_mm", "doubted"), [(64.0, False), (40.0, True), (0.0, True)])
def test_a_brain_cut_by_more_than_a_few_ml_is_doubtful(height_mm: float, doubted: bool) -> None:
    """A ball of 70 mm; above 64 mm lie 7.7 ml of it, above 40 mm 170 ml."""
    i, j, k = np.ogrid[-80:81:2, -80:81:2, -80 : height_mm + 1 : 2]
    ball = Volume(((i**2 + j**2 + k**2) < 70.0**2).astype(np.uint8), np.diag([2.0, 2.0, 2.0, 1.0]))
    doubts = doubts_of(ball, 1400.0, 0.96)
    assert [("cut at the top" in doubt) for doubt in doubts] == [True] * doubted


def test_a_doubt_names_the_side_that_is_cut() -> None:
    i, j, k = np.ogrid[-80:81:2, -50:81:2, -80:81:2]
    ball = Volume(((i**2 + j**2 + k**2) < 70.0**2).astype(np.uint8), np.diag([2.0, 2.0, 2.0, 1.0]))
    assert [doubt.split(" (")[0] for doubt in doubts_of(ball, 1400.0, 0.96)] == [
        "the brain is cut at the back of the image"
    ]
