"""Makes `toy_gliomas` importable beside the tests; one thread, since the networks are tiny."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
torch.set_num_threads(1)
