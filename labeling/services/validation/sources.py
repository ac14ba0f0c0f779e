"""Sources of labels that somebody names."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from labeling.kinds import KINDS
from labeling.models.source import ANSWER_SOURCES, FULL_WEIGHT, SOURCES, weight_setting
from labeling.services.validation.errors import Invalid

_THERE_ARE = f"There are: {', '.join(ANSWER_SOURCES)}."


def checked_sources(field: str, given: Any) -> tuple[str, ...]:
    """The sources of answers that a text with commas or a list names, each once and in their own order; none where
    nothing is given. Raises Invalid."""
    if given in (None, "", [], ()):
        return ()
    named = given.split(",") if isinstance(given, str) else given
    if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
        raise Invalid(field, "Expected names of sources with commas between them.")
    names = {_checked(field, name) for name in named if name.strip()}
    if not names:
        raise Invalid(field, f"No source is named. {_THERE_ARE}")
    return tuple(name for name in ANSWER_SOURCES if name in names)


def check_something_trains(settings: Mapping[str, Any], kind: str) -> None:
    """Raises Invalid where the settings of a project of the kind give every source of answers the weight 0."""
    names = [weight_setting(name) for name in ANSWER_SOURCES]
    names = [name for name in names if name not in KINDS[kind].settings_left_out]
    if not any(settings.get(name, FULL_WEIGHT) for name in names):
        raise Invalid(
            f"settings.{names[0]}", "Nothing is left to learn from: labels of every source would have the weight 0."
        )


def _checked(field: str, given: str) -> str:
    """Raises Invalid for what is no source of answers."""
    name = given.strip().lower()
    if name in ANSWER_SOURCES:
        return name
    if source := SOURCES.get(name):
        raise Invalid(field, f"There are no answers of {name}. {source.elsewhere} {_THERE_ARE}")
    close = get_close_matches(name, SOURCES, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise Invalid(field, f"There is no source {given.strip()[:80]!r}.{meant} {_THERE_ARE}")
