"""Image filters with the names and values of pyradiomics 3.0.1, one per file; `derived` is the way in."""
