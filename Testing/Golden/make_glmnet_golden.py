"""Write glmnet_cox.npz: two data sets with glmnet's Cox coefficient paths, and maxstat's DLBCL example.

Run: python Testing/Golden/make_glmnet_golden.py SHARED_DATA BREAST_ARFF

Sources
* cox-example: glmnet's simulated CoxExample (R package glmnet, 1000 patients, 30 features); coefficients by R's glmnet
  with its default threshold, files ``cox-example-coef-{1,2,2-std}.csv`` of the shared reference data: alpha .5 and .9,
  ``standardize=FALSE``, the last ``standardize=TRUE``.
* breast cancer: 198 patients of GEO series GSE7390 (Desmedt et al. 2007, Clin Cancer Res 13:3207), time to distant
  metastasis, 76 gene expressions and 6 clinical columns; ``alpha=1, standardize=FALSE``, file
  ``breast_cancer_glmnet_coefficients.csv``. BREAST_ARFF is ``breast_cancer_GSE7390-metastasis.arff``, the series as
  distributed with scikit-survival.
* DLBCL: R package maxstat (Alizadeh et al. 2000): time, event and mean gene expression of the patients with follow-up.

Features are stored as float32, which moves a coefficient by less than 1e-5.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def main(shared: Path, arff: Path) -> None:
    folder = shared / "reference" / "sksurv"
    example = pd.read_csv(folder / "cox-example.csv")
    reference = pd.read_csv(folder / "breast_cancer_glmnet_coefficients.csv", index_col=0)
    clinical = read_arff(arff)
    dlbcl = pd.read_csv(shared / "reference" / "maxstat" / "DLBCL.csv")[["time", "cens", "MGE"]].dropna()
    np.savez_compressed(
        Path(__file__).with_name("glmnet_cox.npz"),
        example_x=example.iloc[:, :30].to_numpy(np.float32),
        example_time=example["time"].to_numpy(),
        example_event=example["status"].to_numpy(np.int8),
        **{
            f"example_{key}": pd.read_csv(folder / f"cox-example-coef-{name}.csv").to_numpy(np.float32)
            for key, name in (("half", "1"), ("most", "2"), ("standardised", "2-std"))
        },
        breast_x=np.column_stack([column(clinical, name) for name in reference.index]).astype(np.float32),
        breast_time=clinical["t.tdm"].astype(float).to_numpy(),
        breast_event=clinical["e.tdm"].astype(np.int8).to_numpy(),
        breast_lasso=reference.to_numpy(np.float32),
        dlbcl=dlbcl.to_numpy(),
    )


def read_arff(path: Path) -> pd.DataFrame:
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("%")]
    start = next(i for i, line in enumerate(lines) if line.lower() == "@data")
    names = [line.split()[1] for line in lines[:start] if line.lower().startswith("@attribute")]
    return pd.DataFrame([line.split(",") for line in lines[start + 1 :]], columns=names)


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    category = re.fullmatch(r"(\w+)='(.*)'", name)
    if category is None:
        return table[name].astype(float).to_numpy()
    return (table[category[1]] == category[2]).to_numpy(float)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
