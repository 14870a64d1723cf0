"""Settings of the transfer-learning pipeline; the defaults are the paper's, and what it leaves open is said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.models.backbone_registry import BACKBONES
from GliomaRadiomicsLib.systems.settings import settings_from

Radiomics = Literal["none", "compare", "only"]
Aggregate = Literal["mean", "median"]
LEAST_SIZE = 32


class Words(NamedTuple):
    """What the positive and negative class of a target are called, and the key of the probability in results."""

    positive: str
    negative: str
    key: str
    question: str


TARGETS = {
    "mgmt": Words("methylated", "unmethylated", "probability_methylated", "methylation of the MGMT promoter"),
    "idh": Words("IDH-mutant", "IDH-wildtype", "probability_mutant", "an IDH mutation"),
    "1p19q": Words("1p/19q-codeleted", "1p/19q-intact", "probability_codeleted", "a 1p/19q codeletion"),
    "atrx": Words("ATRX-lost", "ATRX-retained", "probability_lost", "a loss of ATRX"),
}
"""Outcomes with words of their own; any other two-class column is called positive and negative."""


@dataclass(frozen=True)
class MgmtSettings:
    """How to train.

    Attributes:
        target: Column of the two-class outcome, such as mgmt, idh, 1p19q, atrx, or any other.
        modalities: Sequences; each has a network of its own.
        backbone: efficientnet_b0 (the paper's choice), efficientnet_b3, resnet10, resnet50, mobilenet_v2, alexnet, ...
        weights: "auto": the published ImageNet weights; "random": marked as such.
        size: Pixels of a slice along each side.
        share: Of the slices of a series, in its middle.
        test_share: Of the patients, held out for the figures; the rest is split into training and validation.
        validation_share: Of that rest.
        folds: 0: the paper's single split; 2 or more: patients are held out in so many folds instead.
        epochs: Of stage 1, backbone frozen.
        batch_size: Of stage 1.
        learning_rate: Of stage 1.
        fine_epochs: Of stage 2, everything but the batch normalisations trained; 0 leaves it out.
        fine_batch_size: Of stage 2.
        fine_learning_rate: Of stage 2; the paper says "very slow" and no number.
        stop_after: Epochs without a better validation loss after which a stage ends; the paper gives no number.
        patience: Epochs without a better validation loss after which the learning rate is lowered; no number either.
        drop: What it is multiplied by then.
        zoom: Lowest and highest factor.
        rotate_degrees: Largest rotation; the paper gives "0.8-1.2" without a unit, which is the range of the zoom.
        shift: Largest shift as a share of the image; the paper gives no number.
        flip: Whether half of the images are mirrored left to right.
        brightness: Lowest and highest factor.
        aggregate: How the logits of a patient's slices become one: mean or median.
        radiomics: "none"; "compare": radiomic features and Elastic-Net logistic regression beside the networks, on the
            same patients; "only": without networks. Needs label maps on the grid of the images.
        device: "auto", "cpu" or "cuda".
        precision: Of the training, Fabric's name, such as 32-true or bf16-mixed.
        seed: Of everything random.
        accept_left_out: Whether a run that had to leave out patients with faulty input ends with exit code 0.
        work: Folder for slices, checkpoints and ``skipped.csv``; empty: a temporary one.
        name: Of the bundle; empty: ``mgmt``.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    target: str = "mgmt"
    modalities: tuple[str, ...] = ("flair", "t1", "t1ce", "t2")
    backbone: str = "efficientnet_b0"
    weights: Literal["auto", "random"] = "auto"
    size: int = 300
    share: float = 0.2
    test_share: float = 0.1
    validation_share: float = 0.15
    folds: int = 0
    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 1e-4
    fine_epochs: int = 10
    fine_batch_size: int = 64
    fine_learning_rate: float = 1e-5
    stop_after: int = 6
    patience: int = 3
    drop: float = 0.2
    zoom: tuple[float, ...] = (0.8, 1.2)
    rotate_degrees: float = 10.0
    shift: float = 0.1
    flip: bool = True
    brightness: tuple[float, ...] = (0.8, 1.2)
    aggregate: Aggregate = "mean"
    radiomics: Radiomics = "none"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: str = "32-true"
    seed: int = 0
    accept_left_out: bool = False
    work: str = ""
    name: str = "mgmt"
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> MgmtSettings:
        """Settings of a configuration file.

        Raises:
            RefusedInput: For an unknown setting, a value of the wrong type or out of range.
        """
        settings = settings_from(cls, _typed(config))
        for name, right, remedy in settings._checks():
            if not right:
                found = getattr(settings, name)
                raise RefusedInput(what="setting out of range", where=name, found=found, remedy=remedy)
        return settings

    @property
    def words(self) -> Words:
        """What the classes are called."""
        plain = Words("positive", "negative", f"probability_{self.target}", f"the outcome '{self.target}'")
        return TARGETS.get(self.target, plain)

    def plain(self) -> dict[str, Any]:
        """For metadata: without the work folder, which is of this machine."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "work"}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def _checks(self) -> list[tuple[str, bool, str]]:
        def is_range(pair: tuple[float, ...]) -> bool:
            return len(pair) == 2 and 0 < pair[0] <= pair[1]

        known = set(self.modalities) <= set(SEQUENCES) and len(set(self.modalities)) == len(self.modalities) > 0
        counts = ("epochs", "stop_after", "patience")
        return [
            ("target", bool(self.target.strip()), "name a column of the cohort"),
            ("modalities", known, f"give different ones of {', '.join(SEQUENCES)}"),
            ("backbone", self.backbone in BACKBONES, f"choose from {', '.join(BACKBONES)}"),
            ("weights", self.weights in ("auto", "random"), "auto or random"),
            ("size", self.size >= LEAST_SIZE, f"{LEAST_SIZE} pixels or more"),
            ("share", 0 < self.share <= 1, "above 0, at most 1"),
            ("test_share", 0 < self.test_share < 1, "between 0 and 1"),
            ("validation_share", 0 < self.validation_share < 1, "between 0 and 1"),
            ("folds", self.folds == 0 or self.folds >= 2, "0, or 2 and more"),
            ("fine_epochs", self.fine_epochs >= 0, "0 or more"),
            *[(name, getattr(self, name) >= 1, "1 or more") for name in counts],
            *[(name, getattr(self, name) >= 2, "2 or more") for name in ("batch_size", "fine_batch_size")],
            *[(name, getattr(self, name) > 0, "above 0") for name in ("learning_rate", "fine_learning_rate")],
            ("drop", 0 < self.drop < 1, "between 0 and 1"),
            *[(name, is_range(getattr(self, name)), "lowest and highest factor") for name in ("zoom", "brightness")],
            ("rotate_degrees", 0 <= self.rotate_degrees <= 180, "0 to 180"),
            ("shift", 0 <= self.shift < 1, "0 to below 1"),
            ("aggregate", self.aggregate in get_args(Aggregate), f"choose {', '.join(get_args(Aggregate))}"),
            ("radiomics", self.radiomics in get_args(Radiomics), f"choose {', '.join(get_args(Radiomics))}"),
            ("device", self.device in ("auto", "cpu", "cuda"), "auto, cpu or cuda"),
        ]


def _typed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as numbers (YAML reads 1e-4, without a dot, as text); anything of another type is refused."""
    defaults = {field.name: field.default for field in fields(MgmtSettings)}
    return {name: _as(defaults[name], value, name) if name in defaults else value for name, value in config.items()}


def _as(default: Any, value: Any, name: str) -> Any:
    if isinstance(default, tuple):
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_as(default[0], item, name) if default else str(item) for item in items)
    try:
        number = float(value) if type(default) in (int, float) and not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is not None and (type(default) is float or number.is_integer()):
        return type(default)(number)
    if type(default) in (str, bool) and isinstance(value, type(default)):
        return value
    kind = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[type(default)]
    raise RefusedInput(what=f"{name} has the wrong type", where="--config", found=repr(value), remedy=f"give {kind}")
