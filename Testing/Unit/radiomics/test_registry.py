"""The registry is plain data, complete, and every entry has a golden value."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import ALL_FEATURES, extract
from GliomaRadiomicsLib.radiomics.registry import FEATURES
from GliomaRadiomicsLib.radiomics.settings import selection_from


def test_every_feature_has_golden_values(golden, setting_golden, baseline):
    on_images = {**golden["oblique"], **setting_golden["outline"]}
    by_name = {
        key: value for name in ("by_name", "by_name_2d", "by_name_3d") for key, value in setting_golden[name].items()
    }
    for feature in FEATURES:
        found = by_name if feature.on_request else on_images
        assert isinstance(found.get(feature.full_name), float), feature.full_name
        cases = baseline[feature.family].values()
        if not feature.on_request:
            assert all(feature.full_name in case["features"] for case in cases), feature.full_name


def test_families_are_complete():
    counts = Counter(feature.family for feature in FEATURES if not feature.on_request)
    default = {"firstorder": 18, "shape": 14, "glcm": 24, "glrlm": 16, "glszm": 16, "ngtdm": 5, "gldm": 14}
    assert counts == default | {"shape2D": 9}
    assert sum(len(names) for names in ALL_FEATURES.values()) == sum(default.values()) == 107
    assert Counter(feature.family for feature in FEATURES if feature.on_request) == {
        "firstorder": 1,
        "shape": 3,
        "shape2D": 1,
    }
    assert len({feature.full_name for feature in FEATURES}) == len(FEATURES)


def test_every_entry_says_what_it_is():
    for feature in FEATURES:
        assert feature.formula, feature.full_name
        assert feature.reference.endswith(feature.family)
        assert feature.unit.split("²")[0].strip("⁻¹²³⁴ ") in ("", "I", "mm", "bin"), feature.full_name


def test_engine_computes_exactly_the_registry(synthetic):
    case = synthetic["cubic"]
    rows = extract(Volume(case.image, case.affine), Volume(case.mask, case.affine))
    expected = [f"original_{family}_{name}" for family, names in ALL_FEATURES.items() for name in names]
    assert sorted(name for name, _, _ in rows) == sorted(expected)


def test_shape_in_a_plane_is_for_those_who_ask():
    assert "shape2D" not in ALL_FEATURES
    assert "shape2D" not in selection_from({})
    assert len(selection_from({}, force_2d=True)["shape2D"]) == 9
    assert selection_from({"shape": ["Compactness1"]}) == {"shape": ("Compactness1",)}


def test_registry_imports_nothing_heavy():
    code = (
        "import sys, GliomaRadiomicsLib.radiomics.registry as r; assert r.FEATURES;"
        "heavy = {'scipy', 'numpy', 'torch', 'pandas', 'SimpleITK'} & set(sys.modules); sys.exit(','.join(heavy) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
