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
    for field in ("suggestions_from", "signal_from"):
        name = fields.get(field, OFF)
        if name != OFF and _at_work(project, name) is None:
            raise Invalid(f"settings.{field}", f"There is no machine {name!r} at work in this project.")
    name = fields.get("suggestions_from", before.suggestions_from)
    version = fields.get("suggestions_version", before.suggestions_version)
    if not {"suggestions_from", "suggestions_version"} & fields.keys() or name == OFF or version == NEWEST:
        return
    machine = _at_work(project, name)
    if machine is None or not MachineVersion.objects.filter(machine=machine, name=version).exists():
        raise Invalid("settings.suggestions_version", f"The machine that suggests has no version {version!r}.")


def _at_work(project: Project | None, name: str) -> Machine | None:
    return Machine.objects.at_work().filter(project=project, name=name).first() if project else None
