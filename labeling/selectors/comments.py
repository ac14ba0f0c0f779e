"""What was said about items, as the reader may know it."""

from dataclasses import dataclass, field

from django.db.models import Max, QuerySet

from labeling.kinds import kind_of
from labeling.models import Action, Annotation, Item, ItemComment, Project, Source, User
from labeling.selectors.access import may
from labeling.selectors.label_names import label_names

#: Threads on one's own page, newest first.
OWN_THREADS = 20
#: Open threads that are listed.
OPEN_THREADS = 20


def told_to(user: User, project: Project) -> QuerySet[ItemComment]:
    """All that was said to who reviews; to others what was said to them, and what they said."""
    rows = ItemComment.objects.filter(project=project)
    return rows if may(user, project, Action.REVIEWS_READ) else rows.told_to(user)


def thread(item: Item) -> list[ItemComment]:
    """For reviewers, oldest first."""
    rows = ItemComment.objects.filter(item=item).oldest_first()
    return list(rows.select_related("author", "addressee", "resolved_by", "review_decision"))


def open_threads(project: Project) -> int:
    """Items with something said that no reviewer has settled: one count by an index."""
    return ItemComment.objects.filter(project=project).open().values("item").distinct().count()


def commented(project: Project) -> list[ItemComment]:
    """The newest open comment of each of the items that were commented on last."""
    rows = ItemComment.objects.filter(project=project).open().values("item").annotate(newest=Max("pk"))
    newest = rows.order_by("-newest").values_list("newest", flat=True)[:OPEN_THREADS]
    return list(ItemComment.objects.filter(pk__in=list(newest)).select_related("item", "author").order_by("-pk"))


@dataclass(frozen=True)
class OwnThread:
    """An item about which a reviewer said something to the person, who answered it with ``answer``."""

    item: Item
    answer: str
    comments: list[ItemComment] = field(default_factory=list)


def own_threads(user: User, project: Project) -> list[OwnThread]:
    """Those of the person's own answers that were sent back, with what was said to him and by him."""
    told = ItemComment.objects.filter(project=project).told_to(user).order_by("-pk").values_list("item", flat=True)
    newest = list(dict.fromkeys(told[: OWN_THREADS * 10]))[:OWN_THREADS]
    items = {item.pk: item for item in Item.objects.filter(pk__in=newest).select_related("asset")}
    given = Annotation.objects.current().filter(item__in=newest, annotator=user, source=Source.HUMAN)
    kind, names = kind_of(project), label_names(project)
    answers = {row.item_id: kind.flat(names.named(row.answer)) for row in given.order_by("-pk")}
    rows = ItemComment.objects.filter(project=project, item__in=newest).told_to(user).select_related("author")
    said: dict[int, list[ItemComment]] = {}
    for row in rows.oldest_first():
        said.setdefault(row.item_id, []).append(row)
    return [OwnThread(items[pk], answers.get(pk, ""), said[pk]) for pk in newest if pk in items]
