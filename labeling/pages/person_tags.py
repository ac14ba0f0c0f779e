"""``{% person someone %}`` in templates: what the reader may call a user or a name of the project of the page."""

from typing import Any

from django import template

from labeling.pages.navigation import name_of

register = template.Library()


@register.simple_tag(takes_context=True)
def person(context: template.Context, who: Any) -> str:
    """Of a user, or a name; nothing of nobody."""
    if not who:
        return ""
    return name_of(context["request"])(who if isinstance(who, str) else who.get_username())
