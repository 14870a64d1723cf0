"""Brain extraction: one sequence of any contrast, with skull, in; the mask of the brain out."""
