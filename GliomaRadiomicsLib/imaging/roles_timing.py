"""What echo, repetition and inversion time say about the weighting of a brain MRI."""

from __future__ import annotations

_SHORT_TE, _LONG_TE = 30.0, 60.0
_FLAIR_TI = (1300.0, 3300.0)
_T1_TI_MOST = 1250.0
_T1_TR_MOST, _T2_TR_LEAST, _PD_TR_LEAST = 1200.0, 1500.0, 1800.0
_T2_TR_MOST = 7500.0
_T2_STAR_TE = 12.0


def weighting_of_times(
    te: float | None, tr: float | None, ti: float | None, scanning_sequence: str = ""
) -> tuple[str, str] | None:
    """Weighting (t1, t2, flair, pd or ``none``) and the reason, or None where the times do not tell.

    Args:
        te: Echo time, ms.
        tr: Repetition time, ms.
        ti: Inversion time, ms; None or 0 without inversion.
        scanning_sequence: DICOM's Scanning Sequence (SE, IR, GR, EP).
    """
    words = scanning_sequence.upper()
    if "EP" in words:
        return "none", "echo-planar imaging, as in diffusion and perfusion"
    if te is None or te <= 0:
        return None
    if "GR" in words and "SE" not in words and te >= _T2_STAR_TE:
        return "none", f"gradient echo with TE {te:.0f} ms, T2* weighted"
    return _inverted(te, ti) if ti else _not_inverted(te, tr, gradient="GR" in words)


def _inverted(te: float, ti: float) -> tuple[str, str] | None:
    if te >= _LONG_TE and _FLAIR_TI[0] <= ti <= _FLAIR_TI[1]:
        return "flair", f"TE {te:.0f} and TI {ti:.0f} ms fit FLAIR"
    if te < _SHORT_TE and ti <= _T1_TI_MOST:
        return "t1", f"TE {te:.0f} and TI {ti:.0f} ms fit T1"
    return None


def _not_inverted(te: float, tr: float | None, *, gradient: bool) -> tuple[str, str] | None:
    if tr is None or tr <= 0:
        return None
    times = f"TE {te:.0f} and TR {tr:.0f} ms"
    if te >= _LONG_TE and _T2_TR_LEAST <= tr <= _T2_TR_MOST:
        return "t2", f"{times} fit T2"
    if te < _SHORT_TE and (tr <= _T1_TR_MOST or gradient):
        return "t1", f"{times} fit T1"
    if te < _SHORT_TE and tr >= _PD_TR_LEAST and not gradient:
        return "pd", f"{times} fit proton density"
    return None
