"""What strategy, encoder and learner may be set to. Learning fills this in at start; labeling does not know it."""

from collections.abc import Callable, Sequence
from typing import Any

from labeling.services.validation.errors import Invalid

#: Names for a modality; all names for "".
Names = Callable[[str], Sequence[str]]

AUTO = "auto"
PROVIDERS: dict[str, Names] = {}


def register(setting: str, names: Names) -> None:
    """``names(modality)`` are the values ``setting`` may have besides ``auto``."""
    PROVIDERS[setting] = names


def choices(setting: str, modality: str = "") -> list[str]:
    """``auto`` and what else is registered, in its order."""
    return list(dict.fromkeys([AUTO, *PROVIDERS[setting](modality)])) if setting in PROVIDERS else [AUTO]


def check(settings: dict[str, Any], modality: str) -> None:
    """Raises Invalid for a setting whose value is not among its choices."""
    for setting in PROVIDERS:
        if setting in settings and settings[setting] not in (known := choices(setting, modality)):
            raise Invalid(f"settings.{setting}", f"Expected one of {', '.join(known)}.")
