"""Guard on a case that is aligned and whose brain is known: contrast agent, cavity, lesions, orientation, size, age."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.findings import Findings
from GliomaRadiomicsLib.imaging.foreground import coarse
from GliomaRadiomicsLib.imaging.guard.cavity import CAVITY_ML, cavity_ml
from GliomaRadiomicsLib.imaging.guard.contrast_agent import ENHANCED, enhancement
from GliomaRadiomicsLib.imaging.guard.extent import extent_of
from GliomaRadiomicsLib.imaging.guard.lesions import lesions_of
from GliomaRadiomicsLib.imaging.guard.template import fit_brain

ADULT_YEARS = 18
BRAIN_ML = (900.0, 2000.0)
"""18 patients: 1173 to 1731 ml."""
_NO_BRAIN_ML = 2400.0
CUT, CUT_BELOW = 0.35, 0.5
"""Area of the end of a brain over its largest section, 18 patients and 4 native masks: 0.13 at most, 0.2 below."""
TURNED = 0.02
"""Lead of another orientation, same brains and 30 phantoms: -0.04 at most, so 0.04 or more where one is turned."""


def check_aligned(
    volumes: dict[str, Volume],
    brain_mask: Volume,
    label_map: Volume | None = None,
    clinical: ClinicalData | None = None,
) -> list[Finding]:
    """What of a case is not what the models were made for; takes about 0.2 s.

    Args:
        volumes: Images by role, any subset, all on one grid, with or without skull.
        brain_mask: Brain on the same grid. Of a mask too large for a brain (a whole head) size, orientation and
            completeness are not judged, and neither is what needs to know where the brain is.
        label_map: Tumour labels 0/1/2/4 on the same grid, where there are any.
        clinical: What is known about the patient.

    Returns:
        Findings, all warnings but for a turned brain, which is refused; one ``ok`` where there is nothing to say.
        What could not be checked is an ``ok`` whose code ends in ``-not-checked``.
    """
    findings = Findings(collect=True)
    _check_age(clinical, findings)
    brain = coarse(brain_mask)
    volume_ml = float((brain.array != 0).sum() * brain.voxel_volume_mm3 / 1000.0)
    if 0.0 < volume_ml < _NO_BRAIN_ML:
        images = {role: coarse(volume) for role, volume in volumes.items()}
        _check_size(volume_ml, findings)
        _check_place(brain, findings)
        _check_agent(images, brain, findings)
        _check_cavity(images, brain, findings)
    else:
        findings.add("ok", "guard-brain-not-checked", "contrast agent, cavity and orientation need a brain mask")
    if label_map is not None:
        findings.found += check_lesions(label_map)
    doubtful = any(finding.severity != "ok" for finding in findings.found)
    if not doubtful and not findings.has("guard-brain-not-checked"):
        findings.add("ok", "usual-case", "nothing speaks against an adult's pre-operative glioma")
    return findings.found


def _check_age(clinical: ClinicalData | None, findings: Findings) -> None:
    if clinical is not None and clinical.age is not None and clinical.age < ADULT_YEARS:
        message = (
            f"the patient is {clinical.age:g} years old; the models were trained on adults only and brain tumours of "
            "children are other diseases: do not rely on grades and survival"
        )
        findings.add("warning", "child", message)


def _check_size(volume_ml: float, findings: Findings) -> None:
    if not BRAIN_ML[0] <= volume_ml <= BRAIN_ML[1]:
        message = (
            f"the brain has {volume_ml:.0f} ml, unlikely for an adult ({BRAIN_ML[0]:.0f} to {BRAIN_ML[1]:.0f}): check "
            "the age, the spacing and the brain mask"
        )
        findings.add("warning", "brain-size", message)


def _check_place(brain: Volume, findings: Findings) -> None:
    extent = extent_of(brain)
    assert extent is not None
    ends = {side: share for side, share in extent.ends.items() if share > (CUT_BELOW if side == "bottom" else CUT)}
    if ends:
        message = (
            f"the brain ends abruptly at the {' and '.join(ends)}: a part of it is missing; give images of the whole "
            "brain, or check the brain mask"
        )
        findings.add("warning", "brain-cut-off", message)
        return
    fit = fit_brain(brain)
    if fit.lead > TURNED:
        what = f"the brain is turned against its header: {fit.describe()}"
        remedy = "export or convert the images again with their orientation"
        findings.refuse("brain-turned", what, remedy, found=f"fit {fit.upright:.2f}, turned {fit.turned:.2f}")


def _check_agent(images: dict[str, Volume], brain: Volume, findings: Findings) -> None:
    if "t1ce" not in images:
        return
    shown = None
    if "t1" in images:
        shown = enhancement(images["t1"].array, images["t1ce"].array, np.asarray(brain.array != 0))
    if shown is None:
        message = "whether T1ce shows contrast agent was not checked: it needs T1 and T1ce of a whole brain"
        findings.add("ok", "contrast-agent-not-checked", message)
    elif shown < ENHANCED:
        message = (
            f"T1ce shows no contrast agent: neither vessels nor anything else are brighter than on T1 ({shown:.1f}, "
            "usual 2.2 or more); give the image after contrast agent, or leave T1ce out"
        )
        findings.add("warning", "no-contrast-agent", message, "t1ce")


def _check_cavity(images: dict[str, Volume], brain: Volume, findings: Findings) -> None:
    if not {"t1", "t2", "flair"} <= images.keys():
        message = "whether there is a resection cavity was not checked: it needs T1, T2 and FLAIR"
        findings.add("ok", "cavity-not-checked", message)
        return
    size = cavity_ml(images, brain)
    if size >= CAVITY_ML:
        message = (
            f"{size:.0f} ml of fluid reach the surface of the brain on one side, as after an operation; the models "
            "were trained before any: use pre-operative images, or check the outline with care"
        )
        findings.add("warning", "resection-cavity", message)


def check_lesions(label_map: Volume) -> list[Finding]:
    """Whether the outline of a tumour, labels 0/1/2/4, looks like metastases; a warning, or nothing."""
    findings = Findings(collect=True)
    lesions = lesions_of(coarse(label_map))
    remedy = "the models were trained on gliomas only, so consider metastases, lymphoma and abscess first"
    if lesions.several:
        message = f"{lesions.separate} separate enhancing lesions: {remedy}"
        findings.add("warning", "metastasis-like", message)
    elif lesions.mostly_oedema:
        message = f"{lesions.oedema_ml:.0f} ml of oedema around a core of {lesions.core_ml:.1f} ml: {remedy}"
        findings.add("warning", "metastasis-like", message)
    return findings.found
