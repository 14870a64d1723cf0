"""Intensity normalisations: each is fitted to an image, applied, and, where one exists, inverted exactly."""
