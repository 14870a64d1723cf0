"""Feature sets of published systems: `han` computes the 348 of Han 2020, `jinling` has the parameters of the 788."""
