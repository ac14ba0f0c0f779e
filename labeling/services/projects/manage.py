"""Creating and changing projects, and who is in them."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify

from labeling import signals
from labeling.kinds import KINDS
from labeling.models import (
    ConsensusBy,
    FallBack,
    Instructions,
    Member,
    Modality,
    Progress,
    Project,
    Quarantine,
    ReviewDecision,
    Role,
    Task,
    TaskState,
    User,
)  # fmt: skip
from labeling.models.project import SETTINGS_FIELDS, TRAINING_SETTINGS
from labeling.services.answers.skips import settle_skipped
from labeling.services.audit.trail import record, record_change
from labeling.services.machines.uses import check_uses
from labeling.services.projects import costs as stated_costs
from labeling.services.projects import setting_choices
from labeling.services.projects.label_set import LabelInput, checked, set_labels
from labeling.services.projects.overlap_changes import (
    is_small,
    run_overlap_change,
    start_overlap_change,
    unfinished_change,
)
from labeling.services.projects.setting_choices import AUTO
from labeling.services.validation.checks import project_setting, text
from labeling.services.validation.errors import Invalid
from labeling.services.validation.sources import check_something_trains

__all__ = [
    "create_project", "may_create_projects", "remove_member", "set_instructions", "set_labels", "set_member",
    "update_project",
]  # fmt: skip

MAX_NAME = 200
MAX_SLUG = 80
MAX_TEXT = 100_000


def may_create_projects(user: User) -> bool:
    return user.is_active and user.has_perm("labeling.add_project")


def create_project(
    user: User,
    *,
    name: str,
    kind: str,
    modality: str,
    slug: str = "",
    labels: Sequence[LabelInput] = (),
    purpose: str = "",
    instructions: str = "",
    settings: Mapping[str, Any] | None = None,
    costs: Mapping[str, Any] | None = None,
) -> Project:
    """A new project of which ``user`` becomes manager. Raises Invalid, PermissionDenied."""
    if not may_create_projects(user):
        raise PermissionDenied("Creating a project needs the permission labeling.add_project.")
    name = text("name", name, max_length=MAX_NAME, required=True)
    fields: dict[str, Any] = {
        "name": name,
        "kind": _choice("kind", kind, KINDS),
        "modality": _choice("modality", modality, Modality.values),
        "purpose": text("purpose", purpose, max_length=MAX_TEXT),
        "created_by": user,
        "split_seed": secrets.token_hex(8),
        **_settings({} if settings is None else settings),
    }
    setting_choices.check(fields, fields["modality"], fields["kind"])
    check_uses(None, fields)
    check_something_trains(fields, fields["kind"])
    _needs_purpose(fields["kind"], fields["purpose"])
    slug = _given_slug(slug)
    label_set = checked(labels, fields["kind"])
    instructions = text("instructions", instructions, max_length=MAX_TEXT)
    with transaction.atomic():
        project = _insert(fields, slug)
        Progress.objects.create(project=project)
        Member.objects.create(project=project, user=user, role=Role.MANAGER)
        if label_set:
            set_labels(project, label_set)
        if instructions:
            set_instructions(user, project, instructions)
        if costs:
            _set_costs(user, project, costs)
        stated_costs.check_production(project)
        made = {name: value for name, value in fields.items() if name not in ("created_by", "split_seed")}
        record(
            "project.created", user=user, project=project, subject=name, after=made | {"labels": _label_names(project)}
        )
    return project


def _label_names(project: Project) -> list[str]:
    return list(project.labels.in_use().values_list("name", flat=True))


def _choice(field: str, value: Any, allowed: Iterable[Any]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise Invalid(field, f"Expected one of {', '.join(allowed)}.")
    return str(value)


def _needs_purpose(kind: str, purpose: str) -> None:
    if (why := KINDS[kind].needs_purpose) and not purpose:
        raise Invalid("purpose", why)


def _settings(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Invalid("settings", "Expected an object.")
    unknown = sorted(str(name) for name in given if name not in SETTINGS_FIELDS)
    if unknown:
        raise Invalid(f"settings.{unknown[0]}", f"There is no such setting. There are: {', '.join(SETTINGS_FIELDS)}.")
    return {name: project_setting(name, value) for name, value in given.items()}


def _given_slug(given: Any) -> str:
    slug = text("slug", given, max_length=MAX_SLUG)
    if slug and slug != slugify(slug):
        raise Invalid("slug", "Only small letters, digits, hyphens and underscores.")
    if slug and Project.objects.filter(slug=slug).exists():
        raise Invalid("slug", "A project with this address exists.")
    return slug


def _insert(fields: dict[str, Any], slug: str) -> Project:
    """The row under a free slug; when two requests want the same one, the database decides and the other tries on."""
    for candidate in [slug] if slug else _slugs(fields["name"]):
        if Project.objects.filter(slug=candidate).exists():
            continue
        try:
            with transaction.atomic():
                return Project.objects.create(slug=candidate, **fields)
        except IntegrityError:
            if not Project.objects.filter(slug=candidate).exists():
                raise
    raise Invalid("slug", "A project with this address exists.")


def _slugs(name: str) -> Iterator[str]:
    stem = slugify(name)[: MAX_SLUG - 10].strip("-_") or "project"
    yield stem
    for number in range(2, 100):
        yield f"{stem}-{number}"
    yield f"{stem}-{secrets.token_hex(4)}"


def update_project(user: User, project: Project, **changes: Any) -> Project:
    """Changes any of name, purpose, labels, instructions, costs, archived and settings (a mapping of some of them).

    Kind, modality and slug are for ever. A new overlap is applied to the items there are: before this returns if they
    are few, by a job (``OverlapChange``) if they are many.
    """
    for fixed in ("kind", "modality", "slug"):
        if fixed in changes and changes.pop(fixed) != getattr(project, fixed):
            raise Invalid(fixed, "This cannot be changed once the project exists.")
    unknown = sorted(set(changes) - {"name", "purpose", "labels", "instructions", "costs", "archived", "settings"})
    if unknown:
        raise Invalid(unknown[0], "There is no such field.")
    fields = _settings(changes.get("settings", {}))
    setting_choices.check(fields, project.modality, project.kind)
    check_uses(project, fields)
    if "name" in changes:
        fields["name"] = text("name", changes["name"], max_length=MAX_NAME, required=True)
    if "purpose" in changes:
        fields["purpose"] = text("purpose", changes["purpose"], max_length=MAX_TEXT)
        _needs_purpose(project.kind, fields["purpose"])
    if "archived" in changes:
        fields["archived_at"] = _archived_at(project, changes["archived"])
    change = None
    with transaction.atomic():
        if fields:
            before = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            check_something_trains(vars(before) | fields, before.kind)
            if fields.get("fall_back") == FallBack.NEVER or fields.get("strategy", AUTO) != AUTO:
                fields["fell_back"] = None
            Project.objects.filter(pk=project.pk).update(**fields)
            _record_fields(user, before, fields)
            if _is_learned_otherwise(before, fields):
                transaction.on_commit(lambda: signals.training_settings_changed.send(Project, project_id=before.pk))
            if _asks_anew(before, fields):
                change = start_overlap_change(user, project)
        if "labels" in changes:
            labels_before = _label_names(project)
            set_labels(project, changes["labels"], user=user)
            record_change(
                "project.labels",
                {"labels": labels_before},
                {"labels": _label_names(project)},
                user=user,
                project=project,
            )
        if "costs" in changes:
            _set_costs(user, project, changes["costs"])
        if "costs" in changes or "production_mode" in fields:
            now = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            stated_costs.check_production(now)
            if now.is_in_production:
                transaction.on_commit(lambda: signals.production_promised.send(Project, project_id=now.pk))
        if "instructions" in changes:
            set_instructions(user, project, changes["instructions"])
    if change and is_small(project):
        run_overlap_change(change.pk)
    project.refresh_from_db()
    return project


def _set_costs(user: User, project: Project, given: Any) -> None:
    """By the labels there are now. A run then judges anew what is in use."""
    before = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    costs = stated_costs.checked(before, given)
    if costs == before.costs:
        return
    Project.objects.filter(pk=project.pk).update(costs=costs)
    record_change("project.costs", {"costs": before.costs}, {"costs": costs}, user=user, project=project)
    project.costs = costs
    transaction.on_commit(lambda: signals.training_settings_changed.send(Project, project_id=before.pk))


def _record_fields(user: User, before: Project, fields: Mapping[str, Any]) -> None:
    """Archiving is an event of its own; everything else is one change of settings."""
    if "archived_at" in fields and (before.archived_at is None) != (fields["archived_at"] is None):
        record("project.archived" if fields["archived_at"] else "project.restored", user=user, project=before)
    changed = {name: value for name, value in fields.items() if name != "archived_at"}
    record_change(
        "project.changed", {name: getattr(before, name) for name in changed}, changed, user=user, project=before
    )


def _is_learned_otherwise(before: Project, fields: Mapping[str, Any]) -> bool:
    """Whether a run would learn something else from the same answers; machines vote only where evidence counts."""
    changed = {name for name in TRAINING_SETTINGS if fields.get(name, getattr(before, name)) != getattr(before, name)}
    if fields.get("consensus_by", before.consensus_by) == ConsensusBy.MAJORITY:
        changed.discard("machine_votes")
    return bool(changed)


def _asks_anew(before: Project, fields: Mapping[str, Any]) -> bool:
    """Whether the settings change to how many people an item is put, or a change that failed is asked for again."""
    names = [name for name in ("overlap", "eval_double_share", "ask_about", "second_opinions") if name in fields]
    if any(fields[name] != getattr(before, name) for name in names):
        return True
    if "gold_share" in fields and bool(fields["gold_share"]) != bool(before.gold_share):
        return True  # from the first share on, items of known answer are asked about as gold alone
    failed = unfinished_change(before) if names else None
    return failed is not None and failed.is_finished


def _archived_at(project: Project, archived: Any) -> Any:
    if not isinstance(archived, bool):
        raise Invalid("archived", "Expected true or false.")
    return (project.archived_at or timezone.now()) if archived else None


@transaction.atomic
def set_instructions(user: User, project: Project, text_: Any) -> Instructions:
    """A new version of the instructions; the newest one itself when its text is the same."""
    body = text("instructions", text_, max_length=MAX_TEXT)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest = project.instructions_versions.first()
    if newest and newest.text == body:
        return newest
    number = (newest.number if newest else 0) + 1
    made = Instructions.objects.create(project=project, number=number, text=body, created_by=user)
    Project.objects.filter(pk=project.pk).update(instructions_version=number)
    was = {"version": number - 1, "characters": len(newest.text) if newest else 0}
    now = {"version": number, "characters": len(body)}
    record("project.instructions", user=user, project=project, before=was, after=now)
    project.instructions_version = number
    return made


@transaction.atomic
def set_member(project: Project, user: User, role: Any, *, by: User | None = None) -> Member:
    """Adds the person or changes the role; ``by`` is who does. Raises Invalid when no manager would be left."""
    role = _choice("role", role, Role.values)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    member = _locked_member(project, user)
    if member is None:
        answers = Task.objects.filter(project=project, annotator=user, state=TaskState.ANSWERED).count()
        is_quarantined = Quarantine.objects.open().filter(project=project, annotator=user).exists()
        record("member.added", user=by, project=project, subject=user.get_username(), after={"role": role})
        return Member.objects.create(
            project=project, user=user, role=role, answers=answers, is_quarantined=is_quarantined
        )
    if role != Role.MANAGER:
        _another_manager(member)
    Member.objects.filter(pk=member.pk).update(role=role)
    settle_skipped(project)
    subject = user.get_username()
    record_change("member.role", {"role": member.role}, {"role": role}, user=by, project=project, subject=subject)
    member.role = role
    return member


@transaction.atomic
def remove_member(project: Project, user: User, *, by: User | None = None) -> None:
    """Takes the person out; answers stay, open tasks go back at the next sweep. Raises Invalid for the last manager."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    member = _locked_member(project, user)
    if member is None:
        return
    _another_manager(member)
    Task.objects.filter(project=project, annotator=user, state=TaskState.OPEN).update(lease_expires_at=Now())
    ReviewDecision.objects.waiting().filter(project=project, task__annotator=user).update(waits=False)
    record("member.removed", user=by, project=project, subject=user.get_username(), before={"role": member.role})
    member.delete()
    settle_skipped(project)


def _locked_member(project: Project, user: User) -> Member | None:
    """The membership, once what the person does just now is done: member before task (see services/serving/slots)."""
    return Member.objects.select_for_update(no_key=True).filter(project=project, user=user).first()


def _another_manager(member: Member) -> None:
    others = Member.objects.filter(project=member.project_id, role=Role.MANAGER).exclude(pk=member.pk)
    if member.role == Role.MANAGER and not others.exists():
        raise Invalid("role", "A project keeps at least one manager.")
