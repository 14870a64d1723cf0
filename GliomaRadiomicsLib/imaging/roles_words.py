"""Words in the names of MRI sequences, files and folders, and what they say about the sequence."""

from __future__ import annotations

import re
from dataclasses import dataclass

_T1 = "t1 t1w t1wi t1weighted t1n mprage bravo spgr fspgr mp2rage tfl vibe thrive lava irspgr efgre tfe"
_T2 = "t2 t2w t2wi t2weighted frfse"
_FLAIR = "flair darkfluid t2f fluidattenuated"
_WEAK = {"flash": "t1", "stealth": "t1", "tirm": "flair", "haste": "t2", "ssfse": "t2", "dess": "t1"}
_CONTRASTED = "t1c t1ce t1gd t1post t1wce t1wc t1wgd t1km t1pc"
_NO_SEQUENCE = (
    "dwi diff diffusion adc eadc trace tracew dti tensor colfa ep2d epi perf perfusion dsc dce asl pcasl pasl cbf cbv "
    "rcbv rcbf mtt ttp tmax ktrans swi swan swip venbold minip mip mnip pha phase hemo heme fieldmap bold fmri resting "
    "tof mra mrv angio venogram mrs spectroscopy svs csi press localizer localiser localizador loc scout survey "
    "topogram threeplane calibration refscan asset shim stir dir ciss fiesta drive subtraction sub subtracted t1map "
    "t2map map mapping relaxometry rho t1rho cest apt screenshot screensave capture report dose aahscout aahead seg "
    "mask label labels brainmask roi inv1 inv2 t2star t2starw b0map b1map medic merge spine cspine tspine lspine "
    "lumbar thoracic segmentation probability smartbrain csfflow"
)
_PD = "pd pdw proton density"
_CONTRAST = (
    "gad gd gado gadolinium gadavist gadovist gadobutrol dotarem clariscan magnevist multihance prohance omniscan "
    "vueway elucirem contrast contraste post postcontrast postgad postgd km mkm kontrast kontrastmittel enhanced enh "
    "inj injected injection apres ce cm mdc civ pluscontrast nachkm c"
)
_PLAIN = "pre precontrast native nativ nat plain noncontrast noncon unenhanced nonenhanced okm"
_NEAR = "iac orbit orbits orbita pituitary sella hypophysis hypophyse"
_FILLERS = (
    "ax axial sag sagittal cor coronal tra trans transverse transversal obl oblique 3d 2d fs fatsat fat sat se tse fse "
    "gre ffe ir tir iso isotropic vol brain head mr mri space spc cube vista brainview blade propeller mvxd hr hires "
    "wi w weighted images image img series s e est sense grappa whole neck thin stealth nav navigation brainlab p2 p3 "
    "mt dyn dynamic delayed fast mpr reformat uni mag norm tilt turbo spin echo echos star"
)


def _meanings() -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = {"mixed": ("mixed", 1.0)}
    for words, meaning in ((_FILLERS, ""), (_NEAR, "near"), (_PD, "pd"), (_NO_SEQUENCE, "none"), (_PLAIN, "plain")):
        found |= {word: (meaning, 1.0) for word in words.split()}
    for words, meaning in ((_CONTRAST, "contrast"), (_T1, "t1"), (_CONTRASTED, "t1ce"), (_T2, "t2"), (_FLAIR, "flair")):
        found |= {word: (meaning, 1.0) for word in words.split()}
    return found | {word: (meaning, 0.5) for word, meaning in _WEAK.items()}


_MEANINGS = _meanings()
_PIECES = re.compile("|".join(sorted((word for word in _MEANINGS if len(word) > 1), key=len, reverse=True)))
_WHOLE = re.compile(f"(?:(?:{_PIECES.pattern})|\\d+|[es](?=t[12]|flair))+")
_REWRITTEN = (
    (re.compile(r"_"), " "),
    (re.compile(r"(?i)\b(sub|ses)-[a-z0-9]+"), " "),
    (re.compile(r"([a-z])([A-Z][a-z]{2,})"), r"\1 \2"),
    (re.compile(r"(?i)\bpre[ _-]?op(erative)?\b|\bpost[ _-]?op(erative)?\b"), " "),
    (re.compile(r"(?i)\b(with( and |/| & |&)?without|w\s?[/&+]?\s?w(\s?/\s?o|o)|w\s?/\s?&\s?w\s?/\s?o)\b"), " wandwo "),
    (
        re.compile(
            r"(?i)\bw\s?/\s?o\b|\bwo\b|\bwithout\b|\bohne\b|\bsans\b|\bsin\b|\bnon?\b(?=[ _-]?(gad|gd|con|km|ce|enh))"
        ),
        " without ",
    ),
    (re.compile(r"(?i)t2\s?\*|t2[ _-]star"), " t2star "),
    (re.compile(r"(?i)\bdark[ _-]?fluid|\bda[-_ ]fl(?![a-z])|fluid[ _-]?att\w*"), " darkfluid "),
    (re.compile(r"(?i)proton[ _-]density"), " pd "),
    (re.compile(r"(?i)(three|3)[ _-]?(plane|pl)\b|tri[ _-]?pilot"), " threeplane "),
    (re.compile(r"(?i)\+\s?c(?![a-z])|(?<![a-z])c\s?\+|(?<=t1)w?\s?\+|\+\s?(gd|gad\w*|km|contrast)"), " pluscontrast "),
    (re.compile(r"(?i)(?<![a-z0-9])c\s?-(?=\s|$|[_.])|(?<=\s)-\s?c(?![a-z])"), " plain "),
    (re.compile(r"(?i)field[ _-]map"), " fieldmap "),
    (re.compile(r"(?i)\bb[ _]?\d{2,4}\b"), " dwi "),
)
_WITHOUT = re.compile(
    r"without[ _.-]+(iv[ _-]+)?(gad\w*|gd|contrast\w*|km|ce|c|enh\w*|inj\w*)?"
    r"|(pre|before|vor)[ _-]+(gad\w*|gd|contrast|km|c)\b"
)
_AMBIGUOUS = re.compile(r"wandwo([ _.-]+(iv[ _-]+)?(gad\w*|gd|contrast\w*|km|ce|c))?")
_SPOKEN = {"pluscontrast": "+c", "plain": "without contrast", "threeplane": "3 plane", "t2star": "t2*"}


@dataclass(frozen=True)
class TextEvidence:
    """What a name says.

    Attributes:
        weighting: t1, t2, flair, pd, ``none`` (another kind of image), or empty where it does not say.
        strength: 1, or 0.5 where the word is less telling.
        contrast: Whether it speaks of contrast medium; None where it does not say.
        words: The words that told, from this module's lists only, so never part of a patient's name.
        contrast_words: The same for ``contrast``.
        near: Whether a small part of the head is meant (orbits, pituitary).
        mixed: Whether it speaks of images with and without contrast medium.
    """

    weighting: str = ""
    strength: float = 1.0
    contrast: bool | None = None
    words: tuple[str, ...] = ()
    contrast_words: tuple[str, ...] = ()
    near: bool = False
    mixed: bool = False


def read_name(text: str) -> TextEvidence:
    """Read the name of a sequence, file, folder or node in any spelling."""
    words = _words(text)
    meant = {word: _MEANINGS[word] for word in words if word in _MEANINGS}
    by_meaning: dict[str, list[str]] = {}
    for word, (meaning, _) in meant.items():
        by_meaning.setdefault(meaning, []).append(word)
    if "t1ce" in by_meaning:
        by_meaning.setdefault("t1", []).extend(by_meaning["t1ce"])
        by_meaning.setdefault("contrast", []).extend(by_meaning["t1ce"])
    weighting = _weighting(by_meaning, words)
    unsure = weighting == "t2" and "pd" in by_meaning
    telling = _telling(weighting, by_meaning)
    contrast = _contrast(by_meaning, weighting)
    contrast_words = by_meaning.get("contrast" if contrast else "plain", []) if contrast is not None else []
    return TextEvidence(
        weighting=weighting,
        strength=0.5 if unsure else max((meant[word][1] for word in telling if word in meant), default=1.0),
        contrast=contrast,
        words=tuple(_SPOKEN.get(word, word) for word in telling),
        contrast_words=tuple(_SPOKEN.get(word, word) for word in contrast_words),
        near="near" in by_meaning,
        mixed="mixed" in by_meaning or {"contrast", "plain"} <= by_meaning.keys(),
    )


def _words(text: str) -> list[str]:
    for pattern, replacement in _REWRITTEN:
        text = pattern.sub(replacement, text)
    text = _AMBIGUOUS.sub(" mixed ", text.lower())
    text = _WITHOUT.sub(" plain ", text)
    found: list[str] = []
    for token in re.split(r"[^a-z0-9]+", text):
        if token in _MEANINGS:
            found.append(token)
        elif token and _WHOLE.fullmatch(token):
            found += _PIECES.findall(token)
    return found


def _weighting(by_meaning: dict[str, list[str]], words: list[str]) -> str:
    t1, t2, flair = (name in by_meaning for name in ("t1", "t2", "flair"))
    if "none" in by_meaning:
        return "none"
    if t2 and not t1 and not flair and {"gre", "ffe"} & set(words):
        return "none"
    if flair:
        return "" if t1 and t2 else "t1" if t1 else "flair"
    if t1 and t2:
        return ""
    if t1 or t2:
        return "t1" if t1 else "t2"
    return "pd" if "pd" in by_meaning else ""


def _telling(weighting: str, by_meaning: dict[str, list[str]]) -> list[str]:
    if weighting == "flair":
        return [*by_meaning.get("t2", []), *by_meaning["flair"]][:2]
    if weighting == "none":
        return (by_meaning.get("none") or [*by_meaning.get("t2", []), "gre"])[:2]
    return by_meaning.get(weighting, [])[:2]


def _contrast(by_meaning: dict[str, list[str]], weighting: str) -> bool | None:
    given, plain = list(by_meaning.get("contrast", [])), "plain" in by_meaning
    if given == ["c"] and weighting != "t1":
        given = []
    if bool(given) == plain:
        return None
    return bool(given)
