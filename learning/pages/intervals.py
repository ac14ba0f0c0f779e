"""The filter ``interval``: how well a number is known, in every template with the same words."""

from typing import Any

from django import template

from learning.core.evaluation.interval_words import interval_words

register = template.Library()


@register.filter
def interval(estimate: Any, digits: int = 3) -> str:
    """``0.810 to 0.930`` of a measured number (a dict or an object with low, high and n), or why it has none."""
    low, high, n = (
        estimate.get(name) if isinstance(estimate, dict) else getattr(estimate, name) for name in ("low", "high", "n")
    )
    return interval_words(low, high, n, digits)
