"""Looking at an upload before it goes in: what each column is for, what would be rejected, which labels are new."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from labeling.kinds import kind_of
from labeling.models import Action, AskAbout, ImportDraft, Modality, Project, User
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.imports import ImportRefused
from labeling.services.imports.columns import purposes_of
from labeling.services.imports.drafts import drop_draft, start_draft
from labeling.services.imports.look import LABELS_SHOWN, REASONS_SHOWN, ColumnLook, Look, columns_in, look_at
from labeling.services.projects.manage import update_project

KEEP, OUT = "keep", "out"
#: Boxes that are not on the page while a choice of columns is refused; what they said stays.
CHOICES = ("may_ask", "ask_about", "may_fold", "folder_is_label")


@dataclass(frozen=True)
class ColumnRow:
    """A column with the choice made for it; ``choices`` are value, words and whether it is the one."""

    look: ColumnLook
    field: str
    choices: list[tuple[str, str, bool]]


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.IMPORTS_START, Action.IMPORTS_START)
def import_draft(request: PageRequest, project: Project, public_id: Any) -> HttpResponse:
    draft = ImportDraft.objects.filter(project=project, public_id=public_id).first()
    if draft is None and request.method == "POST":
        return redirect("pages:imports", project.slug)  # imported by another click, or let go
    draft = draft or get_object_or_404(ImportDraft, project=project, public_id=public_id)
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and "discard" in given:
        drop_draft(draft)
        return redirect("pages:imports", project.slug)
    try:
        look = _look(draft, given)
        if request.method == "POST" and not look.refused:
            options = _options(given) | ({"columns": look.mapping} if look.columns else {})
            batch = start_draft(request.user, draft, options)
            if batch is None:
                return redirect("pages:imports", project.slug)
            _choose_whom_to_ask(request.user, project, given)
            return redirect("pages:import", project.slug, batch.public_id)
    except FileNotFoundError:  # another click imported or discarded it since
        return redirect("pages:imports", project.slug)
    except ImportRefused as refused:
        look = Look(draft.format, [], [], refused=refused.reason)
    context = _context(project, draft, look, given) | {"choose": "choose" in request.GET}
    part = "_look" if request.headers.get("HX-Request") else "draft"
    status = 400 if look.refused and request.method == "POST" else 200
    return render(request, f"pages/imports/{part}.html", context, status=status)


def _context(project: Project, draft: ImportDraft, look: Look, given: Mapping[str, str]) -> dict[str, Any]:
    kind, has_set, adds = kind_of(project), project.labels.exists(), _adds(given)
    folder_is_label = (draft.options | _options(given)).get("folder_is_label", False)
    waiting = look.unknown_rows if has_set and not adds else 0  # for labels that one button adds
    return {
        "project": project, "draft": draft, "look": look, "adds": adds, "columns": _rows(project, look),
        "with_labels": look.good + waiting, "rejected": look.rejected - waiting,
        "alike": list(look.alike.values())[:REASONS_SHOWN], "more_reasons": max(len(look.alike) - REASONS_SHOWN, 0),
        **_first("unknown", look.unknown), **_first("made", {} if has_set or not kind.has_labels else look.labels),
        **_first("folders", look.folders), "folder_is_label": folder_is_label,
        "may_fold": kind.has_labels and (len(look.folders) > 1 or folder_is_label),
        "asks_only_unlabeled": _asks_only_unlabeled(project, given), "labeled_pool": look.labeled - look.labeled_eval,
        "kept": [(name, given[name]) for name in CHOICES if name in given] if look.refused else [],
        "notes": look.notes.sentences(), "pool": look.sides["pool"], "eval": look.sides["eval"],
    }  # fmt: skip


def _first(name: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """The most frequent of them, and how many more there are."""
    shown = Counter(counts).most_common(LABELS_SHOWN)
    return {name: shown, f"all_{name}": len(counts), f"more_{name}": len(counts) - len(shown)}


def _asks_only_unlabeled(project: Project, given: Mapping[str, str]) -> bool:
    """What the box says where it was on the page, else what the project does."""
    return "ask_about" in given if "may_ask" in given else project.asks_only_unlabeled


def _choose_whom_to_ask(user: User, project: Project, given: Mapping[str, str]) -> None:
    """The choice is the project's: it holds for what is there, for this import and for later ones."""
    chosen = AskAbout.UNLABELED if _asks_only_unlabeled(project, given) else AskAbout.ALL
    if chosen != project.ask_about:
        update_project(user, project, settings={"ask_about": chosen})


def _adds(given: Mapping[str, str]) -> bool:
    return given.get("labels") == "add"


def _options(given: Mapping[str, str]) -> dict[str, Any]:
    """What the page says of the import, columns apart."""
    options: dict[str, Any] = {"labels": "add"} if _adds(given) else {}
    if "may_fold" in given:  # the box was on the page
        options["folder_is_label"] = "folder_is_label" in given
    return options


def _look(draft: ImportDraft, given: Mapping[str, str]) -> Look:
    options = draft.options | _options(given)
    with default_storage.open(draft.path, "rb") as file:
        if chosen := _chosen(given):
            names = columns_in(file, draft.project, draft.format, draft.file_name, options)
            options["columns"] = {
                name: "" if chosen.get(f"c{place}") == OUT else chosen[f"c{place}"]
                for place, name in enumerate(names)
                if chosen.get(f"c{place}", KEEP) != KEEP
            }
        return look_at(file, draft.project, draft.format, draft.file_name, options)


def _chosen(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name[:1] == "c" and name[1:].isdecimal()}


def _rows(project: Project, look: Look) -> list[ColumnRow]:
    purposes = purposes_of(project.modality, kind_of(project))
    kept = "a feature" if project.modality == Modality.TABULAR else "kept with the item"
    found = []
    for place, each in enumerate(look.columns):
        now = OUT if each.purpose is None else each.purpose or KEEP
        choices = [(name, f"{name}: {words}", now == name) for name, words in purposes.items()]
        choices += [(KEEP, kept, now == KEEP), (OUT, "leave out", now == OUT)]
        found.append(ColumnRow(each, f"c{place}", choices))
    return found
