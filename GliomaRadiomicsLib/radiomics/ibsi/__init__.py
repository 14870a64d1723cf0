"""What the IBSI convention has that pyradiomics has not: its feature list, aggregations and interpolation."""
