"""The 788 radiomic features per sequence of the fused grading and LGG survival system of Jinling Hospital, 2023.

They are a pyradiomics parameter file; its head says how the number is met.
"""

from __future__ import annotations

from pathlib import Path

PARAMETERS = Path(__file__).with_name("jinling.yaml")
"""Give it to `params.read_parameters`, to ``features --params`` or to pyradiomics itself."""

FEATURES_PER_SEQUENCE = 788
