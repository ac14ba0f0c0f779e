"""One card a person, all of them in a number of statements that does not grow with the people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

from django.utils import timezone

from labeling.consensus import LeftOut, left_out
from labeling.extensions import AgreementChange, PersonVerdict, installed
from labeling.kinds import Confusion
from labeling.models import Member, Progress, Project, User
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.people import counts, known
from labeling.selectors.people.change import changes_of
from labeling.selectors.people.compared import Compared, compared
from labeling.selectors.people.counts import Skips, Totals
from labeling.selectors.people.kept import Readings
from labeling.selectors.people.key import PersonKey
from labeling.selectors.people.rates import CountedShare, counted_share
from labeling.selectors.quarantine import IMPORTED

WEEKS = 12
CONFUSIONS_TOLD = 8
#: A drift is told from two parts of so many answers on.
LEAST_OF_A_PART = 20
DRIFT_PARTS = 6


@dataclass(frozen=True)
class Confused:
    """``others`` said one thing ``n`` times where the person ``said`` another; "" for a label left out or added."""

    others: str
    said: str
    n: int


@dataclass(frozen=True)
class PersonCard:
    """What is known of how one person answers. A rate is None where there is nothing to go by."""

    key: PersonKey
    name: str
    role: str  # "" of who is no member (any more)
    is_quarantined: bool
    answers: int
    items: int
    first_at: datetime | None
    last_at: datetime | None
    median_ms: int | None
    fast: CountedShare | None
    skips: CountedShare | None
    doubted: CountedShare | None  # where anybody has said of an answer that he is not sure
    repeats: CountedShare | None
    agreement: CountedShare | None
    gold: CountedShare | None
    lately_ms: int | None  # of the newest answers alone
    change: AgreementChange | None  # of the agreement with the others
    per_week: tuple[int, ...]
    drift: tuple[CountedShare, ...]
    confused: tuple[Confused, ...]
    verdict: PersonVerdict | None
    is_proposed_by_gold: bool  # which a manager can waive

    @property
    def is_imported(self) -> bool:
        return self.key.user_id is None


@dataclass(frozen=True)
class People:
    """``weeks`` are the first days of the weeks that ``per_week`` counts; ``newest_only`` where times and agreement
    rest on the newest answers alone; ``median_ms`` is the median of people's medians."""

    cards: tuple[PersonCard, ...]
    weeks: tuple[date, ...]
    median_ms: int | None
    fast_below_ms: int | None
    newest_only: int | None
    read_at: datetime


@dataclass(frozen=True)
class _Answers:
    """What all answers came to, by person, as of ``read_at``."""

    totals: Mapping[PersonKey, Totals]
    medians: Mapping[PersonKey, float]
    lately: Mapping[PersonKey, float]
    fast_ms: int | None
    per_day: Mapping[PersonKey, Mapping[str, int]]
    compared: Mapping[PersonKey, Compared]
    repeats: Mapping[int, known.Count]
    is_newest_only: bool
    read_at: datetime

    @cached_property
    def has_doubts(self) -> bool:
        return any(total.doubted for total in self.totals.values())


_READINGS: Readings[_Answers] = Readings()


@dataclass(frozen=True)
class _Read:
    """What the statements brought, by person."""

    answers: _Answers
    changes: Mapping[PersonKey, AgreementChange]
    skips: Mapping[int, Skips]
    gold: Mapping[PersonKey, known.GoldRecord]
    chance: float
    verdicts: Mapping[str, PersonVerdict]
    out: LeftOut
    names: LabelIdentities


def people_of(project: Project) -> People:
    """Everybody who is a member or has answered, by name."""
    weeks = weeks_until(timezone.now().date())
    answers = _answers_of(project, weeks)
    read = _Read(
        answers=answers,
        changes=changes_of(answers.compared),
        skips=counts.skips(project),
        gold=known.gold(project),
        chance=known.chance_of(project),
        verdicts=installed().person_verdicts(project),
        out=left_out(project),
        names=label_names(project),
    )
    roles = dict(Member.objects.filter(project=project).order_by().values_list("user_id", "role"))
    keys = answers.totals.keys() | {PersonKey(user) for user in {*roles, *read.skips}}
    cards = [_card(key, name, roles, weeks, read) for key, name in names_of(project, keys).items()]
    return People(
        cards=tuple(sorted(cards, key=lambda card: (card.name.casefold(), card.name))),
        weeks=weeks,
        median_ms=round(median(answers.medians.values())) if answers.medians else None,
        fast_below_ms=answers.fast_ms,
        newest_only=counts.NEWEST_ANSWERS if answers.is_newest_only else None,
        read_at=answers.read_at,
    )


def _answers_of(project: Project, weeks: Sequence[date]) -> _Answers:
    """Read now, or lately where that took long (``kept``)."""
    changes = Progress.objects.values_list("changes", flat=True).get(project=project)
    bound = (changes, project.labels_version, project.label_renames, project.label_splits, weeks[0])
    return _READINGS.of(project.pk, bound, counts.newest_id(project), lambda: _read_answers(project, weeks))


def _read_answers(project: Project, weeks: Sequence[date]) -> _Answers:
    read_at, after = timezone.now(), counts.newest_from(project)
    medians = counts.medians(project, after)
    fast_ms = counts.fast_below_ms(medians)
    since = timezone.make_aware(datetime(weeks[0].year, weeks[0].month, weeks[0].day), timezone.get_default_timezone())
    return _Answers(
        totals=counts.totals(project, after, fast_ms),
        medians=medians,
        lately=counts.medians_lately(project, after),
        fast_ms=fast_ms,
        per_day=counts.per_day(project, since),
        compared=compared(project, after),
        repeats=known.repeats(project),
        is_newest_only=bool(after),
        read_at=read_at,
    )


def weeks_until(today: date, weeks: int = WEEKS) -> tuple[date, ...]:
    """First days of that many times seven days, the last of them today."""
    return tuple(today - timedelta(days=7 * back + 6) for back in reversed(range(weeks)))


def in_weeks(by_date: Mapping[str, int], weeks: Sequence[date]) -> tuple[int, ...]:
    found = [0] * len(weeks)
    for day, n in by_date.items():
        place = (date.fromisoformat(day) - weeks[0]).days // 7
        if 0 <= place < len(weeks):
            found[place] += n
    return tuple(found)


def names_of(project: Project, keys: Collection[PersonKey]) -> dict[PersonKey, str]:
    """What these people are called."""
    users = User.objects.filter(pk__in=[key.user_id for key in keys if key.user_id is not None])
    usernames = dict(users.values_list("pk", "username"))
    return {key: _name(key, usernames) for key in keys}


def _name(key: PersonKey, usernames: Mapping[int, str]) -> str:
    """As elsewhere: with a word where an imported name is that of a user as well (``selectors/quarantine.py``)."""
    if key.user_id is not None:
        return usernames[key.user_id]
    return f"{key.imported_name}{IMPORTED}" if key.imported_name in usernames.values() else key.imported_name


def _card(key: PersonKey, name: str, roles: Mapping[int, str], weeks: Sequence[date], read: _Read) -> PersonCard:
    user = key.user_id or 0  # no user has this id
    total, skipped = read.answers.totals.get(key), read.skips.get(user)
    answers = total.answers if total else 0
    equal, asked_again = read.answers.repeats.get(user, (0, 0))
    gold = read.gold.get(key, known.GoldRecord())
    by_gold = installed().gold_verdict(gold.tested, read.chance) if gold.tested else ""
    beside = read.answers.compared.get(key, Compared())
    median_ms, lately_ms, change = read.answers.medians.get(key), read.answers.lately.get(key), read.changes.get(key)
    moments = [moment for moment in (total and total.last_at, skipped and skipped.last_at) if moment]
    return PersonCard(
        key=key,
        name=name,
        role=roles.get(user, ""),
        is_quarantined=read.out.covers(key.user_id, key.imported_name),
        answers=answers,
        items=answers - asked_again,
        first_at=total.first_at if total else None,
        last_at=max(moments, default=None),
        median_ms=None if median_ms is None else round(median_ms),
        fast=counted_share(total.fast, total.timed) if total else None,
        skips=counted_share(skipped.count if skipped else 0, answers + (skipped.count if skipped else 0)),
        doubted=counted_share(total.doubted, answers) if total and read.answers.has_doubts else None,
        repeats=counted_share(equal, asked_again),
        agreement=counted_share(sum(beside.agreed), len(beside.agreed)),
        gold=counted_share(sum(gold.right), len(gold.right)),
        lately_ms=None if lately_ms is None else round(lately_ms),
        change=change,
        per_week=in_weeks(read.answers.per_day.get(key, {}), weeks),
        drift=drift_of(beside.agreed),
        confused=_confused(beside.confusions, read.names),
        verdict=_with(change, _verdict(read.verdicts.get(name), by_gold)),
        is_proposed_by_gold=bool(by_gold),
    )


def _with(change: AgreementChange | None, found: PersonVerdict | None) -> PersonVerdict | None:
    """And what the change of the agreement says, where it says something."""
    if change is None or not change.is_flagged:
        return found
    words = f"agrees less with the others than before: {change.value:+.2f} ({change.low:+.2f} to {change.high:+.2f})"
    return PersonVerdict(f"{found.sentence}; {words}", found.view) if found else PersonVerdict(words)


def _verdict(found: PersonVerdict | None, by_gold: str) -> PersonVerdict | None:
    """What a test of others' making found, and what the gold answers say."""
    if not by_gold:
        return found
    return PersonVerdict(f"{by_gold}; {found.sentence}", found.view) if found else PersonVerdict(by_gold)


def drift_of(agreed: Sequence[bool]) -> tuple[CountedShare, ...]:
    """The agreement in up to six parts of equal length, oldest first; nothing below two parts of twenty."""
    parts = min(DRIFT_PARTS, len(agreed) // LEAST_OF_A_PART)
    if parts < 2:
        return ()
    bounds = [round(len(agreed) * part / parts) for part in range(parts + 1)]
    found = (counted_share(sum(agreed[a:b]), b - a) for a, b in pairwise(bounds))
    return tuple(part for part in found if part)


def _confused(found: Mapping[Confusion, int], names: LabelIdentities) -> tuple[Confused, ...]:
    most_first = sorted(found.items(), key=lambda row: (-row[1], row[0]))[:CONFUSIONS_TOLD]
    return tuple(Confused(names.name(others), names.name(said), n) for (others, said), n in most_first)


def as_dict(card: PersonCard) -> dict[str, Any]:
    """A card as REST tells it."""
    rates = {name: getattr(card, name) for name in ("fast", "skips", "doubted", "repeats", "agreement", "gold")}
    return {
        "name": card.name,
        "imported": card.is_imported,
        "role": card.role or None,
        "quarantined": card.is_quarantined,
        "answers": card.answers,
        "items": card.items,
        "first_at": card.first_at,
        "last_at": card.last_at,
        "median_ms": card.median_ms,
        "lately_ms": card.lately_ms,
        **{name: found.as_dict() if found else None for name, found in rates.items()},
        "per_week": list(card.per_week),
        "change": asdict(card.change) if card.change else None,
        "drift": [part.as_dict() for part in card.drift],
        "confused": [{"others": one.others, "said": one.said, "n": one.n} for one in card.confused],
        "verdict": card.verdict.sentence if card.verdict else None,
        "proposed_by_gold": card.is_proposed_by_gold,
    }
