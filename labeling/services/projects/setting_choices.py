"""What strategy, encoder and learner may be set to. Learning says it (``extensions.py``)."""

from typing import Any

from labeling.extensions import installed
from labeling.kinds import KINDS
from labeling.services.validation.errors import Invalid

AUTO = "auto"


def choices(setting: str, modality: str = "", objective: str | None = None) -> list[str]:
    """``auto`` and what else there is, in its order; with ``objective`` what fits it (``labeling/extensions.py``)."""
    names = installed().setting_names.get(setting)
    return list(dict.fromkeys([AUTO, *(names(modality, objective) if names else ())]))


def check(settings: dict[str, Any], modality: str, kind: str) -> None:
    """Raises Invalid for a setting whose value is not among the choices of such projects."""
    objective = KINDS[kind].learned_as or ""
    for setting in installed().setting_names:
        if setting in settings and settings[setting] not in (known := choices(setting, modality, objective)):
            raise Invalid(f"settings.{setting}", f"Expected one of {', '.join(known)}.")
