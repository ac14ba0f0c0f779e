"""Which strategies, encoders and learners a project may name, by modality and objective.

``modality`` "" is every modality. ``objective`` is what the project's kind is learned as: "" asks for what fits every
kind, None for all there is. Which fit some objectives only is said beside their names, in their registries.

The registries are imported on first use: NumPy is not needed to answer.
"""

from collections.abc import Sequence


def strategies(modality: str, objective: str | None) -> Sequence[str]:
    from learning.core.strategies import STRATEGIES  # noqa: PLC0415

    return STRATEGIES.names() if objective is None else STRATEGIES.names_for(objective)


def encoders(modality: str, objective: str | None) -> Sequence[str]:
    from learning.core.encoders import AUTO, encoder_names  # noqa: PLC0415

    return encoder_names(modality) if modality else [name for each in AUTO for name in encoder_names(each)]


def learners(modality: str, objective: str | None) -> Sequence[str]:
    from learning.core.learners import LEARNERS  # noqa: PLC0415

    return LEARNERS.names() if objective is None else LEARNERS.names_for(objective)
