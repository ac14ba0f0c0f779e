"""What models answered programs and people, newest first, by filters; at a bounded cost however much was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_date

from labeling.kinds import LabelNames, Question, kind_of
from labeling.models import Item, Project
from labeling.selectors.label_names import label_names
from learning.models import Band, PredictionFeedback, ServedPrediction, ServedStatus
from learning.models.served_prediction import ids_before

ROWS_PER_PAGE = 50
#: Predictions that one page looks at: no index knows the filters, and few may fit among very many.
LOOKED_AT = 20_000
#: Of keys, and of numbers of models.
_MOST_KEY, _MOST_NUMBER = 2**63 - 1, 2**31 - 1


@dataclass(frozen=True)
class ServedView:
    """Filters as they stand in an address; what is no value of a filter is as if it were not there.

    ``caller`` is ``token:`` or ``user:`` and a number; ``sure_from`` and ``sure_to`` are in a hundred, the second left
    out; ``since`` and ``until`` are days, both included; ``before`` is the key of a prediction: older ones follow.
    """

    status: str = ""
    band: str = ""
    label: str = ""
    model: str = ""
    caller: str = ""
    sure_from: str = ""
    sure_to: str = ""
    since: str = ""
    until: str = ""
    content: str = ""
    before: str = ""

    @classmethod
    def from_address(cls, query: Mapping[str, str]) -> "ServedView":
        given = {each.name: query.get(each.name, "").strip()[:200].replace("\0", "") for each in fields(cls)}
        kind, _, number = given["caller"].partition(":")
        known = {
            "status": given["status"] in ServedStatus.values,
            "band": given["band"] in Band.values,
            "model": _whole(given["model"], _MOST_NUMBER) is not None,
            "caller": kind in ("token", "user") and _whole(number) is not None,
            "sure_from": _share(given["sure_from"]) is not None,
            "sure_to": _share(given["sure_to"]) is not None,
            "since": _day(given["since"]) is not None,
            "until": _day(given["until"]) is not None,
            "before": _whole(given["before"]) is not None,
        }
        return cls(**{name: value for name, value in given.items() if known.get(name, True)})

    def but(self, **changed: str) -> "ServedView":
        """The view with another value of a filter, from its beginning."""
        return ServedView(**{**vars(self), "before": "", **changed})

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value and name != "before"}

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in vars(self).items() if value})


@dataclass(frozen=True)
class ServedFound:
    """``older`` is the key that the next page begins behind, "" at the end; ``looked_at`` as many as there are, or as
    one page looks at. ``counts`` are those of the view by status, whatever status it asks for, among them."""

    rows: Sequence[ServedPrediction]
    older: str
    looked_at: int
    counts: Mapping[str, int]
    items: Mapping[str, Item] = field(default_factory=dict)
    feedback: Mapping[int, Sequence[PredictionFeedback]] = field(default_factory=dict)


def look_at_served(project: Project, view: ServedView) -> ServedFound:
    """A page of the view, with the items that have the same content and what was said of each prediction."""
    every = ServedPrediction.objects.filter(project=project, **_range(view)).order_by("-pk")
    ends = list(every.values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT])  # the index alone
    window = every.filter(pk__gte=ends[0]) if ends else every
    chosen = window.filter(_fits(project, view.but(status="")))
    counts = chosen.order_by().values("status").annotate(n=Count("pk")).values_list("status", "n")
    if view.status:
        chosen = chosen.filter(status=view.status)
    found = list(_told(chosen)[: ROWS_PER_PAGE + 1])
    rows, older = found[:ROWS_PER_PAGE], ""
    if len(found) > ROWS_PER_PAGE:
        older = str(rows[-1].pk)
    elif ends and every.filter(pk__lt=ends[0]).exists():
        older = str(ends[0])
    hashes = {row.content_hash for row in rows}
    items = Item.objects.filter(project=project, content_hash__in=hashes).select_related("asset")
    said = PredictionFeedback.objects.current().filter(project=project, prediction__in=[row.pk for row in rows])
    feedback: dict[int, list[PredictionFeedback]] = {}
    for one in said.order_by("pk"):
        feedback.setdefault(one.prediction, []).append(one)
    looked_at = LOOKED_AT if ends else window.count()
    return ServedFound(rows, older, looked_at, dict(counts), {item.content_hash: item for item in items}, feedback)


def _told(rows: QuerySet[ServedPrediction]) -> QuerySet[ServedPrediction]:
    return rows.select_related("model_version", "asked_by", "token").defer(
        "model_version__report", "model_version__metrics", "model_version__baselines", "model_version__labels"
    )


def _range(view: ServedView) -> dict[str, Any]:
    """By keys, which rise with time."""
    found: dict[str, Any] = {}
    if since := _day(view.since):
        found["pk__gte"] = ids_before(since)
    ends = [ids_before(until + timedelta(days=1))] if (until := _day(view.until)) else []
    ends += [int(view.before)] if view.before else []
    return {**found, "pk__lt": min(ends)} if ends else found


def _fits(project: Project, view: ServedView) -> Q:
    fits = Q()
    if view.band:
        fits &= Q(band=view.band)
    if view.model:
        fits &= Q(model_version__number=int(view.model))
    if view.content:
        fits &= Q(content_hash=view.content)
    if view.caller:
        kind, _, number = view.caller.partition(":")
        fits &= Q(token=int(number)) if kind == "token" else Q(token=None, asked_by=int(number))
    if (least := _share(view.sure_from)) is not None:
        fits &= Q(sure__gte=least)
    if (most := _share(view.sure_to)) is not None:
        fits &= Q(sure__lt=most)
    if view.label:
        fits &= _gives(project, view.label)
    return fits


def _gives(project: Project, label: str) -> Q:
    """Answers that give a label, by its name of now, whatever it was called or merged from; none of another name."""
    kind, scheme, gives = kind_of(project), label_names(project), Q(pk__in=[])
    identity = scheme.identity(label)
    if identity not in project.labels.all_keys() or scheme.name(identity) != label:
        return gives
    for said in scheme.said_by(identity):
        answer = kind.most_probable({said: 1.0}, Question(LabelNames([said])))
        for name, value in answer.items():
            if isinstance(value, list):
                gives |= Q(**{f"answer__{name}__icontains": orjson.dumps(value[0]).decode()})
            else:
                gives |= Q(**{f"answer__{name}": value})
    return gives


def _whole(text: str, most: int = _MOST_KEY) -> int | None:
    found = int(text) if text.isascii() and text.isdecimal() else most + 1
    return found if found <= most else None


def _share(text: str) -> float | None:
    """Of a number in a hundred."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found / 100 if 0 <= found <= 100 else None


def _day(text: str) -> datetime | None:
    """Its beginning in UTC; not of the last day there is, which none follows."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), UTC) if day and day < date.max else None
