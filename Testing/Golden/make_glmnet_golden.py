"""Write glmnet_cox.npz: glmnet's simulated CoxExample with glmnet's coefficient paths.

Run: python Testing/Golden/make_glmnet_golden.py SHARED_DATA

Source: R package glmnet, CoxExample (1000 simulated patients, 30 features); coefficients by R's glmnet with its default
threshold, files ``cox-example-coef-{1,2,2-std,1-pf,1-pf2,1-unpen}.csv`` of the shared reference data: alpha .5 and .9,
``standardize=FALSE``, the third ``standardize=TRUE``, the last three alpha .5 with penalty factors (stated in
test_cox_path.py). Features are stored as float32, which moves a coefficient by less than 1e-5.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

KINDS = {
    "half": "1",
    "most": "2",
    "standardised": "2-std",
    "one_less": "1-pf",
    "three_differ": "1-pf2",
    "two_free": "1-unpen",
}


def main(shared: Path) -> None:
    folder = shared / "reference" / "sksurv"
    example = pd.read_csv(folder / "cox-example.csv")
    np.savez_compressed(
        Path(__file__).with_name("glmnet_cox.npz"),
        example_x=example.iloc[:, :30].to_numpy(np.float32),
        example_time=example["time"].to_numpy(),
        example_event=example["status"].to_numpy(np.int8),
        **{
            f"example_{key}": pd.read_csv(folder / f"cox-example-coef-{name}.csv").to_numpy(np.float32)
            for key, name in KINDS.items()
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
