"""Versions that somebody wants to see beside one another, by their numbers in an address."""

from collections.abc import Sequence

from labeling.models import Project
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion

LEAST, MOST = 2, 4
#: Of items on which none of them is right.
NOBODY = "none"
_DIGITS = 9


def chosen_numbers(given: Sequence[str]) -> list[int]:
    """Of ``["3,5"]`` or ``["3", "5"]``: the numbers, once each, in their order. Raises Invalid."""
    words = [word.strip() for text in given for word in text.split(",") if word.strip()]
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) <= _DIGITS):
            raise Invalid("models", f"“{word[:40]}” is no number of a model: write them as models=3,5.")
    numbers = list(dict.fromkeys(int(word) for word in words))
    if not LEAST <= len(numbers) <= MOST:
        raise Invalid("models", f"Choose {LEAST} to {MOST} models; these are {len(numbers)}.")
    return numbers


def chosen_versions(project: Project, numbers: Sequence[int]) -> list[ModelVersion]:
    """In the order of ``numbers``; their runs with them. Raises Invalid naming those that there are not."""
    rows = ModelVersion.objects.filter(project=project, number__in=numbers).select_related("run")
    found = {version.number: version for version in rows}
    if missing := [str(number) for number in numbers if number not in found]:
        raise Invalid("models", f"This project has no model {' and no model '.join(missing)}.")
    for version in found.values():
        version.project = project
    return [found[number] for number in numbers]


def right_ones(given: str, numbers: Sequence[int]) -> list[int] | None:
    """Of ``right=5``, ``right=3,5`` or ``right=none``: the places in ``numbers``; None where it is not given. Raises
    Invalid."""
    if not given:
        return None
    place = {str(number): at for at, number in enumerate(numbers)}
    words = [] if given == NOBODY else [word.strip() for word in given.split(",")]
    for word in words:
        if word not in place:
            raise Invalid("right", f"“{word[:40]}” is none of the models compared: write right=5, or right={NOBODY}.")
    return [place[word] for word in words]
