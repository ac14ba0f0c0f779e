"""Housekeeping beside promotions and rollbacks: whatever is in use in the end has its file."""

from functools import partial

import pytest
from django.core.files.storage import default_storage

from labeling.services.housekeeping import run_housekeeping, start_housekeeping
from labeling.services.validation.errors import Invalid
from learning.models import ModelVersion, Status
from learning.services.registry import model_files, promotion
from tests.concurrency.together import together
from tests.factories import UserFactory, make_project
from tests.learning.test_housekeeping import make_version, was_champion

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("attempt", range(4))
def test_what_is_promoted_while_housekeeping_runs_has_its_file_or_is_refused(settings, monkeypatch, attempt):
    settings.RETAIN_MODELS, settings.RETAIN_CHAMPIONS = 5, 2
    monkeypatch.setattr(model_files, "_load", lambda learner, path, sha256: True)
    project, user = make_project(), UserFactory()
    versions = [make_version(project, number) for number in range(1, 16)]
    promotion.settle(versions[14], Status.CHAMPION, "first", {})
    for version in versions[:4]:
        was_champion(version)

    def promote(version: ModelVersion) -> str:
        try:
            promotion.promote(user, version, "because")
        except Invalid as refused:
            return refused.reason
        return "promoted"

    def back() -> str:
        try:
            promotion.rollback(user, project, "back")
        except Invalid as refused:
            return refused.reason
        return "back"

    def keep_house() -> str:
        return str(run_housekeeping(start_housekeeping().pk)["outcome"])

    candidates = [ModelVersion.objects.get(number=number) for number in (1, 2, 6, 7)]
    outcomes = together([keep_house, *(partial(promote, version) for version in candidates), back, keep_house])
    assert outcomes[0] in ("done", "nothing to do")
    for outcome in outcomes[1:-1]:
        refused = "let its file go" in outcome or outcome == "There is no earlier champion to go back to."
        assert outcome in ("promoted", "back") or refused, outcome
    champion = ModelVersion.objects.champion()
    assert champion.dropped_at is None
    for version in ModelVersion.objects.with_file():
        assert default_storage.exists(version.path), version
    assert [
        version for version in ModelVersion.objects.exclude(dropped_at=None) if default_storage.exists(version.path)
    ] == []
