"""Changes of a scheme as a page makes them: few items are asked again before the request ends."""

from labeling.models import SchemeChange
from labeling.services.scheme.requests import make_change


def split_label(user, project, name, parts, **how) -> SchemeChange:
    return make_change(user, project, "split", {"name": name, "parts": parts, **how})


def undo_change(user, project, **how) -> SchemeChange:
    return make_change(user, project, "undo", how)
