"""The form of a project's settings: all of it is one form, and only what was changed in it is saved."""

from typing import Any

from django.http import QueryDict

from labeling.kinds import kind_of
from labeling.models import Project
from labeling.models.project import PRODUCTION_SETTINGS, SETTINGS_FIELDS
from labeling.pages import label_lines
from labeling.pages.forms import BasicsForm, InstructionsForm, LabelsForm, SettingsForm

#: Fields of the form by the headings they stand under.
PARTS = {
    "name": "name", "purpose": "purpose", "labels": "labels", "instructions": "instructions",
    **dict.fromkeys(SETTINGS_FIELDS, "asking and learning"),
    **dict.fromkeys(PRODUCTION_SETTINGS, "predictions at work"),
}  # fmt: skip


class ProjectSettingsForm(SettingsForm, InstructionsForm, LabelsForm, BasicsForm):
    """A field that was not sent stays as it is: what one manager did not touch does not undo another's change."""

    def __init__(self, data: QueryDict | None = None, *, project: Project) -> None:
        newest = project.instructions_versions.first()
        initial = {
            "name": project.name,
            "purpose": project.purpose,
            "labels": label_lines.write(project.labels.in_use()),
            "instructions": newest.text if newest else "",
            **{name: getattr(project, name) for name in SETTINGS_FIELDS},
        }
        kind = kind_of(project)
        self.machines = [machine.name for machine in project.machines.at_work()]
        super().__init__(None, kind=kind, initial=initial)
        if not kind.has_labels:
            del self.fields["labels"]
        self.fields["purpose"].required = bool(kind.needs_purpose)
        if data is not None:
            shown = {name: self.fields[name].prepare_value(self.initial[name]) for name in self.fields}
            sent = {name: _lines(data[name]) for name in self.fields if name in data}
            self.data, self.is_bound = {**shown, **sent}, True
            self.sent = {name for name in sent if _lines(shown[name]) != sent[name]}

    sent: frozenset[str] | set[str] = frozenset()

    @property
    def unsaved(self) -> list[str]:
        """What was changed, once it was sent and could not be saved."""
        return [name for name in self.fields if name in self.sent]

    def changes(self) -> dict[str, Any]:
        """What ``update_project`` is to change, in its words. For a form that is valid."""
        plain = {name: self.cleaned_data[name] for name in self.unsaved if name not in SETTINGS_FIELDS}
        settings = {name: value for name, value in self.values().items() if name in self.sent}
        return {**plain, **({"settings": settings} if settings else {})}

    def said(self) -> str:
        """What was saved, in words."""
        parts = list(dict.fromkeys(PARTS[name] for name in self.unsaved))
        return f"Saved: {', '.join(parts)}." if parts else "Nothing was changed."

    def settings_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name in SETTINGS_FIELDS and name not in PRODUCTION_SETTINGS]

    def production_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name in PRODUCTION_SETTINGS]


def _lines(value: Any) -> str:
    """As it is compared: browsers end the lines of a text area with CR LF."""
    return str(value if value is not None else "").replace("\r\n", "\n")
