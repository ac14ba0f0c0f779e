"""One card a person, all of them in a number of statements that does not grow with the people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

from django.utils import timezone

from labeling.consensus import LeftOut, left_out
from labeling.extensions import Agreed, AgreementChange, PersonVerdict, installed
from labeling.kinds import Confusion
from labeling.models import Member, Project, User
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.people import counts, known
from labeling.selectors.people.change import changes_of, parted
from labeling.selectors.people.compared import Compared, compared
from labeling.selectors.people.counts import Skips, Totals
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
class Beside:
    """One person's answers beside those of others: how many agreed, and of the newest and of those before (where there
    are enough to tell a change); in parts, oldest first; and what was confused most often."""

    agreed: Agreed = (0, 0)
    newest: Agreed | None = None
    before: Agreed | None = None
    drift: tuple[Agreed, ...] = ()
    confused: tuple[tuple[Confusion, int], ...] = ()


@dataclass(frozen=True)
class PersonAnswers:
    """What all answers of one person came to. ``repeats``: how many of those asked again had the same answer again."""

    key: PersonKey
    total: Totals | None
    median_ms: float | None
    lately_ms: float | None
    per_week: tuple[int, ...]
    beside: Beside
    repeats: Agreed


@dataclass(frozen=True)
class PeopleAnswers:
    """What all answers came to as of ``read_at``: what of the cards is read from all of a project."""

    people: tuple[PersonAnswers, ...]
    weeks: tuple[date, ...]
    fast_ms: int | None
    is_newest_only: bool
    read_at: datetime

    @cached_property
    def by_key(self) -> Mapping[PersonKey, PersonAnswers]:
        return {one.key: one for one in self.people}

    @cached_property
    def medians(self) -> list[float]:
        return [one.median_ms for one in self.people if one.median_ms is not None]

    @cached_property
    def has_doubts(self) -> bool:
        return any(one.total.doubted for one in self.people if one.total)


@dataclass(frozen=True)
class _Read:
    """What the statements brought, by person."""

    answers: PeopleAnswers
    changes: Mapping[PersonKey, AgreementChange]
    skips: Mapping[int, Skips]
    gold: Mapping[PersonKey, known.GoldRecord]
    chance: float
    verdicts: Mapping[str, PersonVerdict]
    out: LeftOut
    names: LabelIdentities


def people_of(project: Project, answers: PeopleAnswers | None = None) -> People:
    """Everybody who is a member or has answered, by name; ``answers`` as they were read before."""
    answers = answers or read_answers(project)
    read = _Read(
        answers=answers,
        changes=changes_of({one.key: (one.beside.newest, one.beside.before) for one in answers.people}),
        skips=counts.skips(project),
        gold=known.gold(project),
        chance=known.chance_of(project),
        verdicts=installed().person_verdicts(project),
        out=left_out(project),
        names=label_names(project),
    )
    roles = dict(Member.objects.filter(project=project).order_by().values_list("user_id", "role"))
    keys = {one.key for one in answers.people if one.total} | {PersonKey(user) for user in {*roles, *read.skips}}
    cards = [_card(key, name, roles, read) for key, name in names_of(project, keys).items()]
    return People(
        cards=tuple(sorted(cards, key=lambda card: (card.name.casefold(), card.name))),
        weeks=answers.weeks,
        median_ms=round(median(answers.medians)) if answers.medians else None,
        fast_below_ms=answers.fast_ms,
        newest_only=counts.NEWEST_ANSWERS if answers.is_newest_only else None,
        read_at=answers.read_at,
    )


def read_answers(project: Project) -> PeopleAnswers:
    """Reads all of them, in a constant number of statements."""
    weeks = weeks_until(timezone.now().date())
    read_at, after = timezone.now(), counts.newest_from(project)
    medians = counts.medians(project, after)
    fast_ms = counts.fast_below_ms(medians)
    since = timezone.make_aware(datetime(weeks[0].year, weeks[0].month, weeks[0].day), timezone.get_default_timezone())
    totals, lately = counts.totals(project, after, fast_ms), counts.medians_lately(project, after)
    per_day, beside, repeats = counts.per_day(project, since), compared(project, after), known.repeats(project)
    keys = dict.fromkeys((*totals, *medians, *beside, *(PersonKey(user) for user in repeats)))
    return PeopleAnswers(
        people=tuple(
            PersonAnswers(
                key=key,
                total=totals.get(key),
                median_ms=medians.get(key),
                lately_ms=lately.get(key),
                per_week=in_weeks(per_day.get(key, {}), weeks),
                beside=_beside(beside.get(key, Compared())),
                repeats=repeats.get(key.user_id or 0, (0, 0)),  # no user has this id
            )
            for key in keys
        ),
        weeks=weeks,
        fast_ms=fast_ms,
        is_newest_only=bool(after),
        read_at=read_at,
    )


def _beside(found: Compared) -> Beside:
    newest, before = parted(found.agreed) or (None, None)
    most = sorted(found.confusions.items(), key=lambda row: (-row[1], row[0]))[:CONFUSIONS_TOLD]
    return Beside((sum(found.agreed), len(found.agreed)), newest, before, _parts(found.agreed), tuple(most))


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


def _card(key: PersonKey, name: str, roles: Mapping[int, str], read: _Read) -> PersonCard:
    user = key.user_id or 0  # no user has this id
    found = read.answers.by_key.get(key) or _nothing(key, read.answers)
    total, skipped, beside, change = found.total, read.skips.get(user), found.beside, read.changes.get(key)
    answers = total.answers if total else 0
    equal, asked_again = found.repeats
    gold = read.gold.get(key, known.GoldRecord())
    by_gold = installed().gold_verdict(gold.tested, read.chance) if gold.tested else ""
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
        median_ms=None if found.median_ms is None else round(found.median_ms),
        fast=counted_share(total.fast, total.timed) if total else None,
        skips=counted_share(skipped.count if skipped else 0, answers + (skipped.count if skipped else 0)),
        doubted=counted_share(total.doubted, answers) if total and read.answers.has_doubts else None,
        repeats=counted_share(equal, asked_again),
        agreement=counted_share(*beside.agreed),
        gold=counted_share(sum(gold.right), len(gold.right)),
        lately_ms=None if found.lately_ms is None else round(found.lately_ms),
        change=change,
        per_week=found.per_week,
        drift=_shares(beside.drift),
        confused=_confused(beside.confused, read.names),
        verdict=_with(change, _verdict(read.verdicts.get(name), by_gold)),
        is_proposed_by_gold=bool(by_gold),
    )


def _nothing(key: PersonKey, answers: PeopleAnswers) -> PersonAnswers:
    """Of a member who has not answered."""
    return PersonAnswers(key, None, None, None, (0,) * len(answers.weeks), Beside(), (0, 0))


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
    return _shares(_parts(agreed))


def _parts(agreed: Sequence[bool]) -> tuple[Agreed, ...]:
    parts = min(DRIFT_PARTS, len(agreed) // LEAST_OF_A_PART)
    if parts < 2:
        return ()
    bounds = [round(len(agreed) * part / parts) for part in range(parts + 1)]
    return tuple((sum(agreed[a:b]), b - a) for a, b in pairwise(bounds))


def _shares(parts: Iterable[Agreed]) -> tuple[CountedShare, ...]:
    return tuple(part for part in (counted_share(*one) for one in parts) if part)


def _confused(found: Iterable[tuple[Confusion, int]], names: LabelIdentities) -> tuple[Confused, ...]:
    return tuple(Confused(names.name(others), names.name(said), n) for (others, said), n in found)


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
