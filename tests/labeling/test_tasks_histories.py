"""Random histories of a project keep its invariants: everything a person can do, in any order."""

import random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from labeling.models import Annotation, Item, ItemStatus, Member, Project, Role, Split, Task, TaskState
from labeling.selectors.recount import differences
from labeling.services.answers.record import LeaseLost, record_answer, skip, take_back
from labeling.services.items.status import restore
from labeling.services.projects.overlap import apply_overlap
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items, make_project

PEOPLE = st.integers(0, 2)
SEEDS = st.integers(0, 2**16)
LABELS = st.sampled_from(["ham", "spam"])
ACTIVE = [TaskState.OPEN, TaskState.ANSWERED, TaskState.SKIPPED]


class History(RuleBasedStateMachine):
    """Three people, a few items, one project; ``answers`` is the model: what each task's answer must be."""

    @initialize(overlap=st.integers(1, 3))
    def begin(self, overlap):
        self.project = make_project(overlap=overlap)
        self.users = [UserFactory() for _ in range(3)]
        for user in self.users:
            Member.objects.create(project=self.project, user=user, role=Role.REVIEWER)
        self.items = make_items(self.project, [f"pool {n}" for n in range(6)])
        make_items(self.project, ["eval 0", "eval 1"], Split.EVAL)
        self.answers = {}

    def task_of(self, seed):
        tasks = list(Task.objects.filter(project=self.project).order_by("pk"))
        return random.Random(seed).choice(tasks) if tasks else None

    @rule(who=PEOPLE, count=st.integers(1, 4), seed=SEEDS)
    def ask(self, who, count, seed):
        user = self.users[who]
        tasks = next_tasks(user, self.project, count, random.Random(seed))
        if len(tasks) < count:
            asked = Task.objects.filter(project=self.project, annotator=user, state__in=ACTIVE).values("item")
            assert not Item.objects.filter(project=self.project, is_open=True).exclude(pk__in=asked).exists()

    @rule(seed=SEEDS, label=LABELS)
    def answer(self, seed, label):
        if task := self.task_of(seed):
            try:
                record_answer(task.annotator, task.pk, {"label": label}, 10)
                self.answers[task.pk] = {"label": label}
            except LeaseLost:
                assert task.state in (TaskState.EXPIRED, TaskState.SKIPPED)

    @rule(seed=SEEDS)
    def undo(self, seed):
        if task := self.task_of(seed):
            try:
                take_back(task.annotator, task.pk)
                self.answers.pop(task.pk, None)
            except LeaseLost:
                assert task.state in (TaskState.EXPIRED, TaskState.SKIPPED)

    @rule(seed=SEEDS, reason=st.sampled_from(["unclear", "broken"]))
    def give_up(self, seed, reason):
        if task := self.task_of(seed):
            try:
                skip(task.annotator, task.pk, reason)
                self.answers.pop(task.pk, None)
            except LeaseLost:
                assert task.state == TaskState.EXPIRED

    @rule(seed=SEEDS)
    def forget(self, seed):
        if task := self.task_of(seed):
            Task.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
            assert expire_overdue() == (task.state == TaskState.OPEN)

    @rule(overlap=st.integers(1, 3))
    def change_overlap(self, overlap):
        self.project.overlap = overlap
        self.project.save(update_fields=["overlap"])
        apply_overlap(self.project)

    @rule(start=st.integers(0, 5))
    def rank(self, start):
        entries = [(item.pk, 1.0, 0.2) for item in self.items[start:]]
        assert publish(self.project.pk, reserve_epoch(self.project.pk), entries, "margin", 1, 6)

    @precondition(lambda self: Item.objects.filter(status=ItemStatus.SET_ASIDE).exists())
    @rule(who=PEOPLE)
    def bring_back(self, who):
        restore(self.users[who], Item.objects.filter(project=self.project, status=ItemStatus.SET_ASIDE).first())

    @invariant()
    def counts_are_true(self):
        if hasattr(self, "project"):
            assert [str(difference) for difference in differences(self.project)] == []

    @invariant()
    def answers_are_kept(self):
        if hasattr(self, "project"):
            rows = Annotation.objects.current().filter(project=self.project)
            assert dict(rows.values_list("task", "answer")) == self.answers

    def teardown(self):
        if hasattr(self, "project"):
            Annotation.objects.filter(project=self.project).delete()
            Task.objects.filter(project=self.project).delete()
            Project.objects.filter(pk=self.project.pk).delete()


@pytest.mark.django_db
def test_any_history_keeps_the_invariants():
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=11, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
