"""What people are called: by their names to who may see who answered what, by pseudonyms to everybody else.

A pseudonym is the same in every page, list and file of a project, and another in the next project. It is made of a
secret of the project and the name, so nobody has to store it, and nobody can guess a name and check (decision 0038).
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from labeling.models import Action, Annotation, Project, User
from labeling.selectors.access import may
from labeling.selectors.batches import Batch, Values
from labeling.selectors.quarantine import IMPORTED

NameOf = Callable[[str], str]
#: Columns of export rows that hold people.
REVIEWED_BY = "reviewed_by"
PERSON_COLUMNS = ("annotator", "annotators", REVIEWED_BY)
_LETTERS = 8  # of 32: two of a thousand people share one with a probability of one in two million


def name_of_for(user: User, project: Project) -> NameOf:
    """How the person is told the names of others in the project."""
    return str if may(user, project, Action.NAMES_READ) else pseudonyms(project)


def pseudonyms(project: Project) -> NameOf:
    """``person-`` and eight letters and digits for a name. Nobody (an empty name) stays nobody."""
    key = project.pseudonym_key.encode()

    @lru_cache(maxsize=4096)
    def pseudonym(name: str) -> str:
        if not name:
            return name
        plain = name.removesuffix(IMPORTED)
        digest = hmac.digest(key, f"{project.pk}:{plain}".encode(errors="surrogatepass"), hashlib.sha256)
        letters = base64.b32encode(digest).decode().lower()[:_LETTERS]
        return f"person-{letters}{IMPORTED if plain != name else ''}"

    return pseudonym


def under_pseudonyms(batches: Iterable[Batch], project: Project) -> Iterator[Batch]:
    """Export rows of any shape without a person's name in them."""
    name_of, (one, several, reviewer) = pseudonyms(project), PERSON_COLUMNS
    for batch in batches:
        hidden: dict[str, Values] = {}
        for column in (one, reviewer):
            if any(names := batch.values(column)):
                hidden[column] = [name_of(name) if name else name for name in names]
        if any(lists := batch.values(several)):
            hidden[several] = [[name_of(name) for name in names] if names else names for names in lists]
        yield batch.put(hidden) if hidden else batch


def person_called(project: Project, shown: str) -> tuple[list[int], list[str]]:
    """Ids of users and imported names that a pseudonym stands for; one pass over who has answered."""
    name_of = pseudonyms(project)
    rows = Annotation.objects.filter(project=project).order_by()
    users = rows.filter(annotator__isnull=False).values_list("annotator_id", "annotator__username").distinct()
    names = rows.exclude(imported_annotator="").values_list("imported_annotator", flat=True).distinct()
    return [pk for pk, name in users if name_of(name) == shown], [name for name in names if name_of(name) == shown]
