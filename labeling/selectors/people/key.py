"""Who a person is where users and names of imports stand in one list."""

from typing import NamedTuple


class PersonKey(NamedTuple):
    """A user, or a name that only imported judgments know."""

    user_id: int | None
    imported_name: str = ""


#: The columns of annotations ``a`` that make the key, and what has none: the labels of an import without names.
KEY_COLUMNS = "a.annotator_id, a.imported_annotator"
HAS_KEY = "(a.annotator_id IS NOT NULL OR a.imported_annotator <> '')"
#: Answers of people; what a reviewer decides is none: it is the truth they are held against.
CURRENT = f"a.project_id = %s AND a.is_current AND a.answer IS NOT NULL AND {HAS_KEY} AND a.source <> 'review'"
