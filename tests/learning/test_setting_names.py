"""What a project may name as strategy, encoder and learner is what learning has."""

import pytest

from labeling.services.projects import manage as projects
from labeling.services.projects.setting_choices import choices
from labeling.services.validation.errors import Invalid

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
