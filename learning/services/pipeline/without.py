"""What the model in use would be worth had it not learned from some people: asked for, and worked out by a job."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction

from labeling.consensus import LeftOut
from labeling.models import Action, Project, User
from labeling.selectors.access import require
from labeling.selectors.quarantine import person_named
from labeling.services.audit.trail import record
from labeling.services.jobs.attempts import attempt_at
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.errors import Invalid
from learning.models import EncoderVersion, ModelVersion, TrainedWithout
from learning.services.pipeline.registered import family_of

JOB = "learning.train_without"
MOST_PEOPLE = 100


def ask(user: User, project: Project, names: Sequence[str]) -> TrainedWithout:
    """The queued job. Needs the permission to train. Raises Invalid (people; project while one is under way)."""
    require(user, project, Action.RUNS_CHANGE)
    people = [(name, person_named(project, name)) for name in dict.fromkeys(names)]
    if not 0 < len(people) <= MOST_PEOPLE:
        raise Invalid("people", f"Between one and {MOST_PEOPLE} names.")
    if unknown := [name for name, person in people if person is None]:
        raise Invalid("people", f"Nobody called {unknown[0][:80]!r} has answered here or is a member.")
    newest = ModelVersion.objects.filter(project=project, run__isnull=False).newest_first().first()
    if newest is None or not family_of(project).trains_without:
        raise Invalid("project", "There is no model to compare with.")
    try:
        with transaction.atomic():
            made = TrainedWithout.objects.create(
                project=project,
                run_id=newest.run_id,
                requested_by=user,
                people=[name for name, _ in people],
                users=sorted(person.pk for _, person in people if isinstance(person, User)),
                names=sorted(person for _, person in people if isinstance(person, str)),
            )
            told = {"people": made.people}
            record("run.without_people", user=user, project=project, subject=str(made.public_id), after=told)
            enqueue_on_commit(JOB, made.pk)
    except IntegrityError as error:
        raise Invalid("project", "A model is trained without people already: wait for its end.") from error
    return made


def run_without(pk: int) -> dict[str, Any]:
    """Works it out. Safe to call any number of times; another attempt ends the same."""
    with attempt_at(TrainedWithout.objects.all(), pk) as attempt:
        if attempt is not None:
            asked = TrainedWithout.objects.select_related("project", "run__project").get(pk=pk)
            if asked.run is None:
                raise LookupError("Its run is gone.")
            version = ModelVersion.objects.get(run=asked.run)
            encoder = EncoderVersion.objects.select_related("project").get(
                project=asked.project_id, version=version.encoder
            )
            out = LeftOut(frozenset(asked.users), frozenset(asked.names))
            found = family_of(asked.project).without_people(asked.run, encoder, out)
            attempt.finish(result={"model": version.number, **asdict(found)})
    state = TrainedWithout.objects.values_list("state", flat=True).filter(pk=pk).first()
    return {"without": pk, "state": state or "gone"}  # with its project
