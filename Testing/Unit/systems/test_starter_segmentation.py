"""The starter segmentation model finds a phantom's tumour, as it would on a first click."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import region_mask
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice
from GliomaRadiomicsLib.systems.segmentation.labels import expected_dice
from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter


@pytest.fixture(scope="module")
def patient() -> PhantomPatient:
    """A grade 4 phantom whose seed was not used in training."""
    return make_phantom(seed=1, grade=4)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(store.starter("segmentation"), "cpu")


def test_the_tumour_is_found_where_it_is(patient: PhantomPatient, segmenter: Segmenter) -> None:
    found = segmenter.predict(patient.volumes, patient.brain_mask)
    truth = patient.label_map.array
    assert dice(found.label_map.array > 0, truth > 0) > 0.75
    assert dice(region_mask(found.label_map.array, "ET"), region_mask(truth, "ET")) > 0.4
    assert found.label_map.same_grid(patient.label_map)
    assert set(np.unique(found.label_map.array)) <= {0, 1, 2, 4}
    assert not found.label_map.array[patient.brain_mask.array == 0].any()
    for region, probability in found.probabilities.items():
        expected = expected_dice(probability.array, region_mask(found.label_map.array, region))
        assert found.figures[f"expected_dice_{region}"] == expected


def test_flair_alone_finds_the_tumour_and_claims_no_enhancement(patient: PhantomPatient, segmenter: Segmenter) -> None:
    found = segmenter.predict({"flair": patient.volumes["flair"]}, patient.brain_mask)
    assert dice(found.label_map.array > 0, patient.label_map.array > 0) > 0.6
    assert not region_mask(found.label_map.array, "ET").any()
    assert "expected_dice_ET" not in found.figures


def test_uncertainty_is_highest_at_the_border(patient: PhantomPatient, segmenter: Segmenter) -> None:
    found = segmenter.predict(patient.volumes, patient.brain_mask)
    wt = found.probabilities["WT"].array
    entropy = found.uncertainty.array
    assert entropy.min() >= 0.0
    assert entropy.max() <= 1.0 + 1e-6
    assert entropy[np.abs(wt - 0.5) < 0.05].min() > 0.95
    assert entropy[(wt > 0.99) | (wt < 0.01)].max() < 0.1


def test_the_evidence_is_that_of_exactly_the_sequences_given(segmenter: Segmenter) -> None:
    rows = {row[0]: row for table in segmenter.metadata["evidence"]["tables"] for row in table["rows"]}
    for given, regions in ((["t1", "t1ce", "t2", "flair"], {"WT", "TC", "ET"}), (["flair"], {"WT", "TC"})):
        evidence = segmenter.evidence_for(given)
        assert evidence["n"] == rows["+".join(given)][1]
        assert set(evidence["dice"]) == regions
        mean, low, high = evidence["dice"]["WT"]
        assert f"{mean:.3f} ({low:.3f} to {high:.3f})" == rows["+".join(given)][2]
    assert "n" not in segmenter.evidence_for(["a sequence nobody measured"])
