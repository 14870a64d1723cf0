"""Model bundles and the starter models."""
