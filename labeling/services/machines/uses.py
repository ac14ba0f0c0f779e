"""What a project uses its machines for: settings that name one."""

from collections.abc import Mapping
from typing import Any

from labeling.models import Machine, MachineVersion, Project
from labeling.models.project import NEWEST, OFF
from labeling.services.validation.errors import Invalid


def check_uses(project: Project | None, fields: Mapping[str, Any]) -> None:
    """Whether the settings name machines and versions that are there; ``project`` is None of one that is being made,
    which has none. Raises Invalid."""
    before = project or Project()
    name = fields.get("suggestions_from", before.suggestions_from)
    if not {"suggestions_from", "suggestions_version"} & fields.keys() or name == OFF:
        return
    machine = Machine.objects.at_work().filter(project=project, name=name).first() if project else None
    if machine is None:
        raise Invalid("settings.suggestions_from", f"There is no machine {name!r} at work in this project.")
    version = fields.get("suggestions_version", before.suggestions_version)
    if version != NEWEST and not MachineVersion.objects.filter(machine=machine, name=version).exists():
        raise Invalid("settings.suggestions_version", f"The machine {name!r} has no version {version!r}.")
