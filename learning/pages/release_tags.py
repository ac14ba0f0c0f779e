"""Template filters of the page of releases."""

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """A share in a hundred: ``0.125`` is 12.5 %."""
    return f"{round(share * 100, 1):g} %"


@register.filter
def points(difference: float) -> str:
    """A difference of shares in points, with its sign: ``0.031`` is +3.1."""
    return f"{round(difference * 100, 1) + 0.0:+.1f}".replace("+0.0", "0.0").replace("-", "−")
