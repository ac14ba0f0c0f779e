"""What a service refused is said on the page that comes next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from labeling.services.validation.errors import Invalid


def _reason(refused: Invalid) -> str:
    return refused.reason


@contextmanager
def telling_refusals(request: HttpRequest, words: Callable[[Invalid], str] = _reason) -> Iterator[None]:
    """Ends at what is refused and says why; what comes after it inside, such as the word of success, is left out."""
    try:
        yield
    except Invalid as refused:
        messages.error(request, words(refused))


def not_saved(refused: Invalid) -> str:
    return f"Not saved. {refused.reason}"
