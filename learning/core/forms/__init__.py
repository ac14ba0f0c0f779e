"""What targets look like to a learner: one label an item, or any labels. What differs by it is asked of the form."""

from learning.core.forms.base import Form, Kind, Link
from learning.core.forms.exclusive import Exclusive
from learning.core.forms.independent import Independent

_FORMS: dict[Kind, Form] = {"classification": Exclusive(), "multilabel": Independent()}


def form_of(kind: Kind) -> Form:
    """Return the form of a kind of targets.

    Examples
    --------
    >>> form_of("classification").link, form_of("multilabel").link
    ('softmax', 'sigmoid')
    """
    return _FORMS[kind]


__all__ = ["Form", "Kind", "Link", "form_of"]
