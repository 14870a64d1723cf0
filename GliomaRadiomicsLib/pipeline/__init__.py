"""A case run and a cohort run."""
