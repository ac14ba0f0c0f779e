"""The filter ``number``: a measured number as people write it, in every template."""

from django import template
from django.template.defaultfilters import floatformat

register = template.Library()


@register.filter
def number(value: float | None, digits: int = 3) -> str:
    """With so many digits behind the point, a real minus sign, and no zero below zero."""
    return floatformat(value, digits).replace("-", "−")
