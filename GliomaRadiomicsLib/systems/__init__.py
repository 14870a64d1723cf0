"""The grading, survival and molecular systems, one package each."""
