"""What the grading systems that look at images share: reading a cohort, folds, figures, trust, training."""
