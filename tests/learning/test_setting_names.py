"""What a project may name as strategy, encoder and learner is what learning has."""

import pytest

from labeling.services.projects import manage as projects
from labeling.services.projects.setting_choices import choices
from labeling.services.validation.errors import Invalid
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def test_choices_are_the_registries(people):
    assert {"auto", "margin", "random"} <= set(choices("strategy"))
    assert choices("encoder", "image") == ["auto", "efficientnet-lite0", "hog-hsv"]
    assert "hog-hsv" not in choices("encoder", "text")


@pytest.mark.parametrize(("setting", "value"), [("strategy", "guess"), ("encoder", "hog-hsv"), ("learner", "none")])
def test_an_unknown_name_is_refused_where_it_is_given(people, project, setting, value):
    with pytest.raises(Invalid, match="one of auto") as refused:
        projects.update_project(people.manager, project, settings={setting: value})
    assert refused.value.field == f"settings.{setting}"
    with pytest.raises(Invalid):
        projects.create_project(
            people.superuser, name="Texts", kind="classification", modality="text", settings={setting: value}
        )


#: What knows the order of the steps, or what a mistake costs: of ratings only.
OF_RATINGS = [
    ("strategy", "expected_error"), ("strategy", "diverse_error"), ("strategy", "even_steps"),
    ("learner", "ordinal_logistic"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "value"), OF_RATINGS)
@pytest.mark.parametrize("kind", ["classification", "multilabel", "pairwise", "rating"])
def test_what_is_made_for_scales_is_refused_and_not_offered_elsewhere(people, api, browser_of, kind, setting, value):
    more = {"purpose": "Which is better?"} if kind == "pairwise" else {"labels": ["1", "2", "3"]}
    project = make_project(kind=kind, manager=people.manager, **more)
    client, address = api(people.manager), f"/api/v1/projects/{project.slug}/"
    answer = client.patch(address, {"settings": {setting: value}}, format="json")
    page = browser_of(people.manager).get(f"/p/{project.slug}/settings/").content.decode()
    fits = kind == "rating"
    assert (answer.status_code, f'value="{value}"' in page) == ((200, True) if fits else (400, False))
    if not fits:
        assert "Expected one of auto" in str(answer.json())
    made = api(people.superuser).post(
        "/api/v1/projects/",
        {"name": "Another", "kind": kind, "modality": "text", "settings": {setting: value}, **_given(more)},
        format="json",
    )
    assert made.status_code == (201 if fits else 400), made.json()


def _given(fields):
    return fields if "purpose" in fields else {"labels": [{"name": name} for name in fields["labels"]]}


def test_a_new_project_is_offered_what_fits_every_kind(people, browser_of):
    page = browser_of(people.superuser).get("/projects/new/").content.decode()
    assert 'value="margin"' in page
    assert not [value for _, value in OF_RATINGS if f'value="{value}"' in page]


def test_a_project_that_has_what_is_no_longer_offered_can_still_be_saved(people, browser_of):
    project = make_project(manager=people.manager, strategy="diverse_error")
    client = browser_of(people.manager)
    assert 'value="diverse_error"' in client.get(f"/p/{project.slug}/settings/").content.decode()
    client.post(f"/p/{project.slug}/settings/", {"name": "Renamed"})
    project.refresh_from_db()
    assert (project.name, project.strategy) == ("Renamed", "diverse_error")


def test_the_simulation_refuses_what_is_made_for_scales(tmp_path):
    from django.core.management import CommandError, call_command

    (tmp_path / "some.csv").write_text("text,label\none,a\ntwo,b\n")
    for more in (["--strategies", "diverse_error"], ["--learner", "ordinal_logistic"]):
        with pytest.raises(CommandError, match="is for another kind"):
            call_command("simulate", tmp_path / "some.csv", *more)


def test_whatever_is_for_some_objectives_names_ones_that_exist():
    from learning.core.evaluation.objectives import OBJECTIVES
    from learning.core.learners import LEARNERS
    from learning.core.strategies import STRATEGIES

    for registry in (LEARNERS, STRATEGIES):
        fitting = set().union(*(registry.names_for(name) for name in OBJECTIVES.names()))
        assert fitting == set(registry.names())
