"""The annotation page. It brings the first questions along; from then on it talks to the REST API."""

import hashlib
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from labeling.kinds import KindNotInstalled, QuestionKind, kind_of
from labeling.kinds.page_keys import PageKeys, page_keys
from labeling.models import Action, Modality, PracticeState, Project, User
from labeling.models.remark import MAX_COMMENT
from labeling.pages.decorators import project_page
from labeling.pages.markdown import render_markdown
from labeling.pages.modules import modules_of
from labeling.pages.practice import practice_page
from labeling.selectors.access import may, member_of
from labeling.selectors.annotating import last_given, standing
from labeling.selectors.people.past import one_given
from labeling.selectors.practice import Practice, practice_of
from labeling.selectors.task_json import practice_json, task_json
from labeling.services.quality.practice import open_questions
from labeling.services.serving.next_tasks import next_tasks

#: Questions that come with the page.
FIRST = 8
PAGE_SCRIPT = "js/pages/annotate.js"
STYLES = ("css/tokens.css", "css/annotate.css")


def styles_of(kind: QuestionKind) -> list[str]:
    return [*STYLES, *kind.styles]


@cache
def ui_version(kind: QuestionKind) -> str:
    """Which page an answer was given on: changes with any of its scripts and styles, whose names hold their hashes."""
    files = [*modules_of(PAGE_SCRIPT, kind.script), *styles_of(kind)]
    digest = hashlib.sha256("\n".join(static(name) for name in files).encode()).hexdigest()
    return f"{kind.name}-{digest[:10]}"


@require_GET
@ensure_csrf_cookie
@never_cache
@project_page(Action.TASKS_ANSWER)
def annotate(request: HttpRequest, project: Project) -> HttpResponse:
    """The page; leases the first questions to the person (the same ones again when it is reloaded)."""
    user: User = request.user  # type: ignore[assignment]
    kind = kind_of(project)
    practice = _practice(user, project)
    if practice and practice.is_due and practice.state != PracticeState.RUNNING:
        return practice_page(request, project, practice)  # type: ignore[arg-type]  # the door has let it through
    labels = list(project.labels.in_use())
    is_picture = project.modality == Modality.IMAGE
    practises = practice is not None and practice.is_due  # nobody reads what would be said of those answers
    keys = page_keys(labels, kind, is_picture=is_picture, suggests=project.shows_suggestions, remarks=not practises)
    instructions = project.instructions_versions.first()
    text = instructions.text if instructions else ""
    version = project.instructions_version if text else 0
    boot = {**_boot(user, project, keys, practice), "instructions": {"version": version}}
    _open_past(boot, user, project, request.GET.get("task", ""))
    context = {
        "project": project,
        "kind": kind,
        "labels": [{**shown, "examples": label.examples} for shown, label in zip(keys.labels, labels, strict=True)],
        "caps": keys.caps,
        "use_picker": keys.use_picker,
        "one_row": keys.use_picker or not kind.has_labels or len(keys.labels) <= kind.one_row_labels,
        "instructions": render_markdown(text) if text else "",
        "version": version,
        "may_manage": may(user, project, Action.PROJECT_CHANGE),
        "modules": [name for name in modules_of(PAGE_SCRIPT, kind.script) if name != PAGE_SCRIPT],
        "styles": styles_of(kind),
        "longest_comment": MAX_COMMENT,
        "practice": practice.last if practice and practice.is_due else None,
        "has_unknown": kind.is_one_label and len(labels) == 1 and not practises,
        "boot": boot,
        "standing": boot,
    }
    return render(request, "pages/annotate/index.html", context)


@require_GET
@never_cache
def annotate_state(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is signed in and how far the project is: 401 without a session, so that the page can say so and wait."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "Not signed in."}, status=401)
    project = Project.objects.filter(slug=slug).first()
    if project is None or not _asked(request.user, project):
        return JsonResponse({"user": request.user.pk, "name": request.user.get_username(), "project": None})
    try:
        return JsonResponse(standing(request.user, project))
    except KindNotInstalled as missing:
        return JsonResponse({"detail": str(missing)}, status=409)


def _asked(user: User, project: Project) -> bool:
    """Whether questions are put to the person: members only, whatever an administrator may."""
    member = member_of(user, project)
    return member is not None and member.may(Action.TASKS_ANSWER.permission)


def _practice(user: User, project: Project) -> Practice | None:
    """Where somebody stands who may have to practise; None in projects without practice."""
    member = member_of(user, project) if project.practice_questions and not project.archived_at else None
    return practice_of(member) if member else None


def _questions(user: User, project: Project, *, is_practice: bool) -> list[dict[str, Any]]:
    if is_practice:
        return [practice_json(question, project) for question in open_questions(user, project, FIRST)]
    return [task_json(task, project) for task in next_tasks(user, project, FIRST)]


def _open_past(boot: dict[str, Any], user: User, project: Project, asked: str) -> None:
    """Puts one of the person's own past answers on the table (``?task=``), as undo would. Others' are not there."""
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
    past = one_given(user, project, number) if number and not boot["practice"] else None
    if past:
        boot["history"] = [*(other for other in boot["history"] if other["task"]["id"] != number), past]
        boot["opens"] = number


def _boot(user: User, project: Project, keys: PageKeys, practice: Practice | None) -> dict[str, Any]:
    """What the scripts start with. Blind: tasks as in REST, one's own answers, counts."""
    state, kind = standing(user, project), kind_of(project)
    running = practice.last if practice and practice.is_due else None
    is_asked = state["asked"] and not project.archived_at
    tasks = _questions(user, project, is_practice=running is not None) if is_asked else []
    return {
        **state,
        "project": {
            **state["project"],
            "slug": project.slug,
            "kind": project.kind,
            "runs_out": kind.runs_out,
            "modality": project.modality,
            "lease_s": project.lease_s,
        },
        "ui_version": ui_version(kind),
        "labels": [{"name": label["name"], "keys": label["keys"]} for label in keys.labels],
        "keys": keys.commands,
        "tasks": tasks,
        "history": [] if running else last_given(user, project),
        # what is kept in the browser of a round stays apart: its questions have numbers of their own
        "practice": running.pk if running else None,
        "urls": {
            "api": "/api/v1/practice" if running else "/api/v1",
            "state": reverse("pages:annotate-state", args=[project.slug]),
        },
    }
