"""A share of patients with its interval."""

from __future__ import annotations

from scipy import stats


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of ``successes / n`` (Wilson 1927, JASA 22:209).

    Raises:
        ValueError: If n is not positive or successes lie outside 0 to n.
    """
    if n <= 0 or not 0 <= successes <= n:
        msg = f"{successes} of {n} is no share"
        raise ValueError(msg)
    quantile = float(stats.norm.ppf(0.5 + level / 2))
    share, square = successes / n, quantile**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)
