"""Machines come, change and end."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from labeling.models import ApiToken, Machine, MachineVersion, Member, Prediction, Project, User
from labeling.models.project import OFF
from labeling.services.accounts.tokens import issue_machine_token, revoke_tokens
from labeling.services.audit.trail import record, record_change
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid

MAX_NAME = 100
MAX_DESCRIPTION = 2_000
#: More belong to a script that makes one at every start.
MAX_MACHINES = 100
MAX_VERSIONS = 1_000


@transaction.atomic
def add_machine(
    user: User, project: Project, *, name: Any, version: Any, description: Any = "", owner: Any = None
) -> tuple[Machine, str]:
    """The machine, owned by ``user`` or whoever else is named, and the key of its token, shown here and never again.

    Raises Invalid.
    """
    name = text("name", name, max_length=MAX_NAME, required=True)
    version = text("version", version, max_length=MAX_NAME, required=True)
    description = text("description", description, max_length=MAX_DESCRIPTION)
    if name == OFF:
        raise Invalid("name", "Settings say “off” for no machine: call it otherwise.")
    owned_by = user if owner is None else _owner(project, owner)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if Machine.objects.filter(project=project, name=name).exists():
        raise Invalid("name", f"There is a machine {name!r} in this project, at work or ended.")
    if Machine.objects.filter(project=project).count() >= MAX_MACHINES:
        raise Invalid("name", f"At most {MAX_MACHINES} machines in a project.")
    machine = Machine.objects.create(project=project, name=name, description=description, owner=owned_by)
    MachineVersion.objects.create(machine=machine, name=version)
    after = {"version": version, "owner": owned_by.get_username() if owned_by else ""}
    record("machine.added", user=user, project=project, subject=name, after=after)
    return machine, issue_machine_token(machine, by=user)[1]


@transaction.atomic
def change_machine(user: User, machine: Machine, **changes: Any) -> Machine:
    """Any of ``description``, ``owner`` (a member's user name or "") and ``version``, by which what it predicts from
    now on goes. Its name is for ever. Raises Invalid."""
    locked = Machine.objects.select_for_update(no_key=True).select_related("project").get(pk=machine.pk)
    before = {"description": locked.description, "owner": locked.owner.get_username() if locked.owner else ""}
    after = dict(before)
    if "description" in changes:
        locked.description = after["description"] = text(
            "description", changes["description"], max_length=MAX_DESCRIPTION
        )
    if "owner" in changes:
        locked.owner = _owner(locked.project, changes["owner"])
        after["owner"] = locked.owner.get_username() if locked.owner else ""
    locked.save(update_fields=["description", "owner"])
    record_change("machine.changed", before, after, user=user, project=locked.project, subject=locked.name)
    if "version" in changes:
        version_called(locked, changes["version"])
    return locked


@transaction.atomic
def end_machine(user: User, machine: Machine) -> Machine:
    """Its tokens are revoked and it predicts no more; what it predicted stays until somebody deletes it."""
    ended = Machine.objects.filter(pk=machine.pk, ended_at__isnull=True).update(ended_at=Now())
    if ended:
        revoke_tokens(ApiToken.objects.filter(machine=machine), by=user)
        record("machine.ended", user=user, project=machine.project, subject=machine.name)
    machine.refresh_from_db()
    return machine


@transaction.atomic
def new_token(user: User, machine: Machine) -> str:
    """A new key in the place of the old one. Raises Invalid for one that was ended."""
    locked = Machine.objects.select_for_update(no_key=True).select_related("project").get(pk=machine.pk)
    if locked.ended_at is not None:
        raise Invalid("machine", "This machine was ended.")
    return issue_machine_token(locked, by=user)[1]


def version_called(machine: Machine, name: Any) -> MachineVersion:
    """The machine's version of this name, made where there is none. Raises Invalid."""
    name = text("version", name, max_length=MAX_NAME, required=True)
    found = MachineVersion.objects.filter(machine=machine, name=name).first()
    if found is not None:
        return found
    if MachineVersion.objects.filter(machine=machine).count() >= MAX_VERSIONS:
        raise Invalid("version", f"At most {MAX_VERSIONS:,} versions of a machine.")
    try:
        with transaction.atomic():
            return MachineVersion.objects.create(machine=machine, name=name)
    except IntegrityError:  # two requests brought the same new version
        return MachineVersion.objects.get(machine=machine, name=name)


@transaction.atomic
def delete_predictions(user: User, version: MachineVersion) -> int:
    """All that a version predicted; how many these were."""
    machine = Machine.objects.select_for_update(no_key=True).select_related("project").get(pk=version.machine_id)
    deleted, _ = Prediction.objects.filter(version=version).delete()
    facts = {"version": version.name, "predictions": deleted}
    record("prediction.deleted", user=user, project=machine.project, subject=machine.name, before=facts)
    return deleted


def _owner(project: Project, name: Any) -> User | None:
    """A member by user name; nobody for "". Raises Invalid."""
    name = text("owner", name, max_length=150)
    if not name:
        return None
    member = Member.objects.filter(project=project, user__username=name).select_related("user").first()
    if member is None:
        raise Invalid("owner", f"There is no member {name[:80]!r}.")
    return member.user
