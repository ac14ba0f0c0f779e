"""Which strategies, encoders and learners a project may name, by modality; of every modality for "".

The registries are imported on first use: NumPy is not needed to answer.
"""

from collections.abc import Sequence


def strategies(modality: str) -> Sequence[str]:
    from learning.core.strategies import STRATEGIES  # noqa: PLC0415

    return STRATEGIES.names()


def encoders(modality: str) -> Sequence[str]:
    from learning.core.encoders import AUTO, encoder_names  # noqa: PLC0415

    return encoder_names(modality) if modality else [name for each in AUTO for name in encoder_names(each)]


def learners(modality: str) -> Sequence[str]:
    from learning.core.learners import LEARNERS  # noqa: PLC0415

    return LEARNERS.names()
