"""The registry is plain data, complete, and every entry has a golden value."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import ALL_FEATURES, extract
from GliomaRadiomicsLib.radiomics.registry import FEATURES


def test_every_feature_has_golden_values(golden, baseline):
    for feature in FEATURES:
        assert isinstance(golden["oblique"].get(feature.full_name), float), feature.full_name
        cases = baseline[feature.family].values()
        assert all(feature.full_name in case["features"] for case in cases), feature.full_name


def test_families_are_complete():
    counts = Counter(feature.family for feature in FEATURES)
    expected = {"firstorder": 18, "shape": 14, "glcm": 24, "glrlm": 16, "glszm": 16, "ngtdm": 5, "gldm": 14}
    assert counts == expected
    assert len({feature.full_name for feature in FEATURES}) == sum(expected.values()) == 107


def test_every_entry_says_what_it_is():
    for feature in FEATURES:
        assert feature.formula, feature.full_name
        assert feature.reference.endswith(feature.family)
        assert feature.unit.split("²")[0].strip("⁻¹²³⁴ ") in ("", "I", "mm", "bin"), feature.full_name


def test_engine_computes_exactly_the_registry(synthetic):
    case = synthetic["cubic"]
    rows = extract(Volume(case.image, case.affine), Volume(case.mask, case.affine))
    assert Counter(name for name, _, _ in rows) == Counter(feature.full_name for feature in FEATURES)
    assert sum(len(names) for names in ALL_FEATURES.values()) == len(FEATURES)


def test_registry_imports_nothing_heavy():
    code = (
        "import sys, GliomaRadiomicsLib.radiomics.registry as r; assert r.FEATURES;"
        "heavy = {'scipy', 'numpy', 'torch', 'pandas', 'SimpleITK'} & set(sys.modules); sys.exit(','.join(heavy) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
