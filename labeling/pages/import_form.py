"""The form of the import page: a file or pasted rows, never both."""

from typing import Any

from django import forms

from labeling.models import Modality, Project
from labeling.pages.forms import CalmForm, dress

PASTED_AS = [("lines", "One text per line"), ("csv", "CSV, first line names the columns"), ("jsonl", "JSON lines")]


class ImportForm(CalmForm):
    file = forms.FileField(required=False, label="File", allow_empty_file=True)
    folder_is_label = forms.BooleanField(
        required=False,
        label="Folders are labels",
        help_text="A picture in the folder “glass” of a zip is imported as labeled “glass”.",
    )
    pasted = forms.CharField(
        required=False,
        label="Paste rows",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "control--mono", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, project: Project, **kwargs: Any) -> None:
        super().__init__(data, files, **kwargs)
        self.shapes = PASTED_AS[1:] if project.modality == Modality.TABULAR else PASTED_AS
        self.fields["pasted_as"] = forms.ChoiceField(required=False, choices=self.shapes, label="What is pasted")
        if project.modality == Modality.IMAGE:  # the page's script sends several as one zip
            self.fields["file"].widget.attrs["multiple"] = True
        dress(self)
        self.source = "file"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        has_file, has_text = bool(given.get("file")), bool((given.get("pasted") or "").strip())
        if has_text and not has_file:
            self.source = "pasted"
            given["pasted_as"] = given.get("pasted_as") or self.shapes[0][0]
        if has_file and len(self.files.getlist("file")) > 1:
            self.add_error("file", "One file at a time: zip several pictures, or let the page's script do it.")
        if has_file and has_text:
            self.add_error("pasted", "Choose a file or paste rows, not both.")
        if not has_file and not has_text and not self.errors:
            self.add_error("file", "Choose a file or paste rows.")
        return given

    def options(self) -> dict[str, Any]:
        return {"folder_is_label": True} if self.cleaned_data["folder_is_label"] else {}
