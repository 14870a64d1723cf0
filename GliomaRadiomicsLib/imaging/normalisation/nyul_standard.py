"""Where a cohort has the percentiles of each sequence, for histogram matching without a cohort of one's own.

Learned by `nyul.learn_standard` inside the brains, tumour and all, of 18 patients with glioma (10 of WHO grade 2 or 3,
8 of grade 4; TCGA-LGG and TCGA-GBM as preprocessed for BraTS: Bakas et al. 2017, TCIA, CC BY 3.0; Menze et al. 2015).
"""

from __future__ import annotations

PERCENTILES = (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0)
"""Percentiles inside the brain that are the landmarks."""

STANDARD: dict[str, tuple[float, ...]] = {
    "t1": (0.0, 36.31, 49.98, 57.77, 63.54, 68.46, 72.93, 77.42, 82.09, 87.53, 100.0),
    "t1ce": (0.0, 31.52, 41.73, 47.54, 51.9, 55.67, 59.21, 62.74, 66.54, 71.77, 100.0),
    "t2": (0.0, 18.83, 23.08, 26.1, 28.94, 31.92, 35.25, 39.51, 45.98, 59.89, 100.0),
    "flair": (0.0, 28.33, 38.49, 43.14, 46.25, 49.07, 51.91, 55.0, 59.05, 66.8, 100.0),
}
"""Place of each percentile by sequence, the first at 0 and the last at 100."""
