"""Statistical methods, one per file."""
