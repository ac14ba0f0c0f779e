"""Simulated people answer the questions of a sample, through the services that people's answers go through.

Their accounts are switched off and say what they are by their names; each answer says so as well, in the place where
others name the page they were given on. A playback goes on in short turns of a job: what else waits for the worker
comes between them, models are trained when they would be, and it can be stopped.
"""

import random
import time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.db.models.functions import Now

from labeling.extensions import installed
from labeling.models import Action, ImportBatch, Item, JobState, Member, Playback, Project, Role, Task, User
from labeling.models.job_record import UNFINISHED
from labeling.selectors.access import require
from labeling.selectors.progress import progress
from labeling.services.answers.record import AnswersTooFast, record_answer, skip
from labeling.services.audit.trail import record
from labeling.services.jobs.attempts import Attempt, attempt_at
from labeling.services.jobs.enqueue import enqueue, enqueue_on_commit
from labeling.services.projects.manage import set_member
from labeling.services.samples.sample import Sample, SimulatedPerson, sample_of
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid

JOB = "labeling.play"
#: What stands in ``Annotation.ui_version`` of a simulated answer.
SIMULATED = "simulated"
#: How the name of every simulated person begins.
NAME_PREFIX = "simulated-"
#: Who gives the true labels. The others are named in the sample's ``people.json``.
TRUTHFUL = SimulatedPerson(f"{NAME_PREFIX}truth", 0.0, (0.2, 0.2))
LIVE_PER_S = 5.0
#: How long a turn lasts while one watches.
TURN_S = 4.0
#: So many questions one of several people answers before the next one does.
AT_A_STRETCH = 5
LEARNING_LOOKED_AFTER_S = 0.3


def is_playable(project: Project) -> bool:
    """Whether simulated people can answer here: its true labels are known, and nothing keeps them away."""
    return not project.archived_at and not project.practice_questions and sample_of(project) is not None


@transaction.atomic
def play_first_part(project: Project, sample: Sample, user: User | None) -> Playback | None:
    """Has people who err answer the first part of a sample that was just made; None where it begins empty."""
    if not sample.answers or not sample.people:
        return None
    return _start(project, sample.answers, user, is_live=False)


@transaction.atomic
def play_rest(user: User, project: Project) -> Playback:
    """Has the rest answered with the true labels, at a pace one can watch. Needs the permission to manage. Raises
    Invalid (``project``), Http404, PermissionDenied."""
    require(user, project, Action.PROJECT_CHANGE)
    if not is_playable(project):
        raise Invalid("project", "Only a sample whose true labels are known can be played.")
    counts = progress(project)
    if counts["done"] >= counts["to_label"]:
        raise Invalid("project", "Every item has its answers: nothing is left to play.")
    return _start(project, counts["pool"]["open"] + counts["eval"]["open"], user, is_live=True)


def _start(project: Project, total: int, user: User | None, *, is_live: bool) -> Playback:
    try:
        with transaction.atomic():
            play = Playback.objects.create(project=project, created_by=user, total=total, is_live=is_live)
    except IntegrityError as taken:
        raise Invalid("project", "Simulated people are answering already.") from taken
    record("sample.played", user=user, project=project, after={"answers": total, "live": is_live})
    enqueue_on_commit(JOB, play.pk)
    return play


@transaction.atomic
def stop_playback(user: User, project: Project) -> bool:
    """What was answered stays. False where nothing was under way. Needs the permission to manage."""
    require(user, project, Action.PROJECT_CHANGE)
    under_way = Playback.objects.filter(project=project, state__in=UNFINISHED)
    if not under_way.update(state=JobState.CANCELLED, finished_at=Now()):
        return False
    record("sample.stopped", user=user, project=project)
    return True


def run_playback(pk: int) -> dict[str, Any]:
    """One turn. Safe to call any number of times."""
    with attempt_at(Playback.objects.all(), pk) as attempt:
        if attempt is not None:
            play = Playback.objects.select_related("project", "created_by").get(pk=pk)
            if ImportBatch.objects.filter(project=play.project).unfinished().exists():
                attempt.put_back()  # the sweep announces it again
                return {"playback": pk}
            try:
                goes_on = _turn(play, attempt)
            except AnswersTooFast as too_fast:  # no worker waits for the pace of the project
                attempt.put_back(too_fast.wait_s)
                return {"playback": pk}
            if goes_on:
                attempt.put_back()
                enqueue(JOB, pk)  # behind whatever waits by now
            else:
                attempt.finish()
                if play.created_by is not None and not play.is_live:
                    installed().ask_for_map(play.created_by, play.project)
    return {"playback": pk}


def _turn(play: Playback, attempt: Attempt) -> bool:
    """Whether there is more to do."""
    sample = sample_of(play.project)
    if sample is None:
        return False
    if play.is_live:
        return _live(play, sample, attempt)
    return _with_models(play, sample, attempt)


def _live(play: Playback, sample: Sample, attempt: Attempt) -> bool:
    player = _Player(play.project, sample, TRUTHFUL)
    ends_at = time.monotonic() + TURN_S
    while time.monotonic() < ends_at:
        next_at = time.monotonic() + 1 / LIVE_PER_S
        if play.done >= play.total or not player.answer(1):
            return not _has_learned(play.project)  # it is over when the last model has come
        play.done += 1
        attempt.beat(done=play.done)
        time.sleep(max(0.0, next_at - time.monotonic()))
    return True


def _with_models(play: Playback, sample: Sample, attempt: Attempt) -> bool:
    """As many answers as a model is trained after, once what went before is learned: so the same ones are given, and
    the same models come of them, wherever the sample is loaded."""
    if not _has_learned(play.project):
        return True
    wanted = min(play.project.retrain_every, play.total - play.done)
    for at in range(play.done, play.done + wanted, AT_A_STRETCH):
        person = sample.people[at // AT_A_STRETCH % len(sample.people)]
        rng = random.Random(f"{sample.name} {at}")  # which questions are drawn, the same ones each time
        asked = min(AT_A_STRETCH, play.done + wanted - at)
        given = _Player(play.project, sample, person, rng).answer(asked)
        if not given:
            return False
        attempt.beat(done=at + given)
        if given < asked:
            return True  # the next turn begins behind what was given
    return wanted > 0  # the last turn gives nothing: it has waited for the last model


def _has_learned(project: Project) -> bool:
    if installed().has_learned(project):
        return True
    time.sleep(LEARNING_LOOKED_AFTER_S)  # else the turns would follow one another with nothing between them
    return False


class _Player:
    """One simulated person in one project."""

    def __init__(
        self, project: Project, sample: Sample, person: SimulatedPerson, rng: random.Random | None = None
    ) -> None:
        self.project, self.sample, self.person, self.rng = project, sample, person, rng
        self.user = _account(project, person.name)
        # answers say what a label is called now; one that is out of use cannot be given
        self.names = {label.identity: label.name for label in project.labels.in_use()}

    def answer(self, count: int) -> int:
        """How many of so many questions there were, and the pace of the project allowed. Whatever nobody knows the
        truth of is skipped as unclear. Raises AnswersTooFast where it does not allow the first."""
        tasks = next_tasks(self.user, self.project, count, self.rng)
        for given, task in enumerate(tasks):
            try:
                self._answer(task)
            except AnswersTooFast:
                if not given:
                    raise
                return given  # the question stays the person's, and is the first of the next turn
        return len(tasks)

    def _answer(self, task: Task) -> None:
        name = _name_of(task.item) if task.item else ""
        label, elapsed_ms = self.sample.given_by(self.person, name) if name in self.sample.truth else ("", 0)
        if label in self.names:
            record_answer(self.user, task.pk, {"label": self.names[label]}, elapsed_ms, ui_version=SIMULATED)
        else:
            skip(self.user, task.pk, "unclear")


def _name_of(item: Item) -> str:
    """What the true labels are listed by: pictures have no id but the name of their file."""
    return item.external_id or str(item.data.get("image", ""))


def _account(project: Project, name: str) -> User:
    """Nobody can sign in with it. Raises Invalid when somebody real is called so."""
    user, is_new = User.objects.get_or_create(username=name, defaults={"is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif user.is_active:
        raise Invalid("username", f"The account {name} is somebody’s: simulated people cannot go by that name.")
    if not Member.objects.filter(project=project, user=user).exists():
        set_member(project, user, Role.ANNOTATOR)
    return user


def simulated_answers(project: Project) -> int:
    """Answers of simulated people that count."""
    simulated = {"user__username__startswith": NAME_PREFIX, "user__is_active": False}
    found = Member.objects.filter(project=project, **simulated).aggregate(answers=Sum("answers"))
    return found["answers"] or 0
