"""What people, or the world outside, say of the answers of a release is counted, each content once, and may end it."""

import logging
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson
from django.db import transaction

from learning.core.release.pairing import paired_up
from learning.core.release.rules import error_interval
from learning.models import Release, ReleaseAnswer, ReleaseMode
from learning.selectors.release_outcomes import Judged, judged_by_feedback, judged_by_people
from learning.services.release import decide
from learning.services.release.recording import canonical

logger = logging.getLogger(__name__)

_CONTENTS = 500
#: A point of the picture for each so much more that is known.
_A_STEP, _LEAST, _MOST, _POINTS = 0.08, 5, 50, 200
#: Of ``Release.waiting``: one verdict on what both said, which waits for another.
_HALF = "."
_COUNTED = ("errors_worse", "errors_same", "errors_better", "waiting", "course")


def count_running() -> dict[str, Any]:
    """Counts for every release that runs what people have answered since, and ends those about which something is
    proven. Harmless twice at once."""
    counted = {}
    for release in Release.objects.running().select_related("project", "candidate"):
        try:
            n = count(release, judged_by_people(release))
            counted[f"{release.project_id}/{release.number}"] = n + count(release, judged_by_feedback(release))
            decide.by_proof(Release.objects.select_related("project", "candidate").get(pk=release.pk))
        except Exception:  # whatever it was, the others have their turn; this one has its next
            logger.exception("%s of project %s was not counted", release, release.project_id)
    return counted


def count(release: Release, judged: Iterable[Judged]) -> int:
    """Counts each content that was not counted before; how many. The seam for whatever else knows what is right:
    ``Judged(content_hash, answer=…)`` says it of both versions, ``Judged(content_hash, right=…)`` of the one whose
    answer was told. Such a verdict is held against one on the other version, unless both said the same: then they are
    right or wrong together. In a shadow nobody judges the candidate so."""
    n, waiting = 0, iter(judged)
    while some := list(islice(waiting, _CONTENTS)):
        with transaction.atomic():
            running = Release.objects.running().filter(pk=release.pk).select_for_update(of=("self",), no_key=True)
            now = running.first()
            if now is None:
                return n
            n += _count(now, {one.content_hash: one for one in some})
            now.save(update_fields=_COUNTED)
    return n


def _count(release: Release, known: dict[str, Judged]) -> int:
    rows = ReleaseAnswer.objects.filter(release=release, content_hash__in=list(known)).order_by("pk")
    first: dict[str, ReleaseAnswer] = {}
    for row in rows:
        is_meant = known[row.content_hash].prediction in (None, row.pk)
        if row.judged is not None or (is_meant and row.content_hash not in first):
            first[row.content_hash] = row
    found, verdicts, agreed = Counter[int](), list[tuple[bool, bool]](), 0
    settled = []
    for row in first.values():
        if row.judged is not None:
            continue
        one = known[row.content_hash]
        candidate, champion = (row.told, row.silent) if row.by_candidate else (row.silent, row.told)
        row.judged = 0
        if one.answer is not None:
            right = _text(one.answer)
            row.judged = int(_text(candidate) != right) - int(_text(champion) != right)
            found[row.judged] += 1
        elif _text(candidate) == _text(champion):
            agreed += 1
        elif release.mode != ReleaseMode.SHADOW:
            verdicts.append((row.by_candidate, not one.right))
        else:
            continue
        settled.append(row)
    ReleaseAnswer.objects.bulk_update(settled, ["judged"], batch_size=_CONTENTS)
    half, rest = release.waiting.startswith(_HALF), release.waiting.lstrip(_HALF)
    rest, paired = paired_up(rest, verdicts)
    both, one_more = divmod(agreed + half, 2)  # a difference of two verdicts is of two contents
    release.waiting = _HALF * one_more + rest
    release.errors_worse += found[1] + paired.worse
    release.errors_same += found[0] + paired.same + both
    release.errors_better += found[-1] + paired.better
    _draw(release)
    return len(settled)


def _draw(release: Release) -> None:
    """A point of the picture, where there is enough news for one."""
    n = release.errors.n
    last = release.course[-1][0] if release.course else 0
    if n - last >= min(max(last * _A_STEP, _LEAST), _MOST):
        low, high = error_interval(release.errors)
        release.course.append([n, round(release.errors.difference, 5), round(low, 5), round(high, 5)])
        if len(release.course) > _POINTS:
            release.course = release.course[::2] + release.course[-1:] * (len(release.course) % 2 == 0)


def _text(answer: dict[str, Any] | None) -> str:
    return "" if answer is None else canonical(orjson.dumps(answer).decode())
