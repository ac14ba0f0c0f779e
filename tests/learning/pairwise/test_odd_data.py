"""Data nobody wishes for: a run ends with a version or says why not, and everything that reads it answers."""

import json

import numpy as np
import pytest

from labeling.models import Context, ItemStatus, Project
from labeling.selectors.people import people_of
from labeling.services.items.status import set_aside
from learning.families.pairwise.findings import sentence_of
from learning.families.pairwise.results import overview_of, ranking_without, results_of
from learning.models import ModelVersion
from learning.services.registry import gate
from tests.learning.pairwise.people import (
    bring,
    honest,
    item,
    item_rows,
    judged,
    judgments,
    left_only,
    make_pairwise_project,
)
from tests.learning.pairwise.test_run import learn

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def project(people):
    return make_pairwise_project(people.manager)


@pytest.fixture
def everything_answers(people, api, browser_of):
    """Reads pages, REST and exports of a project; gives the exports."""
    return lambda project: _read_all(project, api(people.manager), browser_of(people.manager))


def _read_all(project, client, browser) -> dict:
    overview_of(project)
    found = {}
    for context in Context.objects.filter(project=project):
        results_of(project, context)
        assert ranking_without(project, context, "nobody") is None
        response = client.get(f"/api/v1/projects/{project.slug}/scores/?context={context.pk}")
        assert response.status_code == 200, response.content
    for rows in ("annotations", "items", "preferences", "rankings", "scores"):
        for name in ("jsonl", "csv", "parquet"):
            response = client.get(f"/api/v1/projects/{project.slug}/export/?format={name}&rows={rows}")
            assert response.status_code == 200, (rows, name)
            content = b"".join(response.streaming_content)
            if name == "jsonl":
                found[rows] = [json.loads(line) for line in content.splitlines()]
    for page in ("", "ranking/", "models/", "items/", "runs/", "export/"):
        assert browser.get(f"/p/{project.slug}/{page}").status_code == 200, page
    for context in Context.objects.filter(project=project):
        assert browser.get(f"/p/{project.slug}/ranking/?context={context.pk}").status_code == 200
    return found


def test_one_item(project, people, everything_answers):
    bring(project, people.manager, item_rows(1, 1))
    learn(project)
    everything_answers(project)


def test_no_judgments(project, people, everything_answers):
    bring(project, people.manager, item_rows(2, 4))
    learn(project)
    found = everything_answers(project)
    assert found["rankings"] == []


@pytest.mark.parametrize("said", ["tie", "neither", "left"])
def test_always_the_same_answer(project, people, everything_answers, said):
    bring(project, people.manager, item_rows(2, 4))
    rows = [
        judged(f"c{c}i{a}", f"c{c}i{b}", said, who)
        for c in range(2) for a in range(4) for b in range(4) if a != b for who in ("ann", "bob")
    ]  # fmt: skip
    bring(project, people.manager, rows)
    learn(project)
    found = everything_answers(project)
    if said == "tie":
        assert found["preferences"] == []
        assert ModelVersion.objects.filter(project=project).count() == 1


def test_the_only_person_is_a_suspect(project, people, everything_answers):
    bring(project, people.manager, item_rows(2, 12))
    bring(project, people.manager, judgments(0, 150, {"lefty": left_only}, 2, 12))
    learn(project)
    suspects = {suspect.annotator for suspect in overview_of(project).suspects}
    assert suspects == {"lefty"}
    (card,) = (card for card in people_of(project).cards if card.verdict)
    assert (card.name, card.is_imported, card.verdict.view) == ("lefty", True, "learning-pages:ranking")
    assert "answers left in 100% of" in card.verdict.sentence
    for context in Context.objects.filter(project=project):
        assert ranking_without(project, context, "lefty")
    everything_answers(project)


def test_archived_project(project, people, everything_answers):
    bring(project, people.manager, item_rows(2, 4))
    bring(project, people.manager, judgments(0, 20, {"ann": honest}, 2, 4))
    learn(project)
    Project.objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00:00Z")
    project.refresh_from_db()
    everything_answers(project)


def test_everything_set_aside_after_a_run(project, people, everything_answers):
    bring(project, people.manager, item_rows(1, 4))
    bring(project, people.manager, judgments(0, 10, {"ann": honest}, 1, 4))
    learn(project)
    Project.objects.filter(pk=project.pk).update(retrain_every=1)
    for n in range(4):
        set_aside(people.manager, item(project, f"c0i{n}"))
    bring(project, people.manager, [judged("c0i0", "c0i1", "tie", "bob"), judged("c0i1", "c0i2", "tie", "bob")])
    learn(project)
    everything_answers(project)
    assert not project.items.filter(status=ItemStatus.ACTIVE).exists()


def test_same_person_twice_in_both_orders(project, people, everything_answers):
    bring(project, people.manager, item_rows(1, 3))
    rows = [judged("c0i0", "c0i1", "left"), judged("c0i1", "c0i0", "left"), judged("c0i1", "c0i2", "right")]
    bring(project, people.manager, rows)
    learn(project)
    found = everything_answers(project)
    assert len(found["annotations"]) == 3


def test_formulas_and_other_scripts_leave_as_they_should(project, people, everything_answers, api):
    rows = [
        {"id": f"=cmd{n}", "text": f"=1+{n} مرحبا 😀", "context": {"id": "=c", "text": "=HYPERLINK(1)\u2028?"}}
        for n in range(3)
    ]
    bring(project, people.manager, rows)
    bring(project, people.manager, [judged("=cmd0", "=cmd1", "left", "=ann"), judged("=cmd1", "=cmd2", "right", "@b")])
    learn(project)
    found = everything_answers(project)
    assert len(found["preferences"]) == 2
    client = api(people.manager)
    for shape in ("preferences", "rankings", "scores", "annotations"):
        response = client.get(f"/api/v1/projects/{project.slug}/export/?format=csv&rows={shape}")
        content = b"".join(response.streaming_content).decode()
        for cell in content.replace("\r\n", ",").replace('"', "").split(","):
            assert not cell.startswith(("=", "@")), (shape, cell)


def test_a_context_of_facts_alone_has_a_prompt(project, people, everything_answers):
    rows = [
        {"id": f"i{n}", "text": f"text {n}", "context": {"id": "c", "facts": {"Season": "winter", "Budget": 20}}}
        for n in range(3)
    ]
    bring(project, people.manager, rows)
    bring(project, people.manager, [judged("i0", "i1", "left"), judged("i1", "i2", "left")])
    learn(project)
    found = everything_answers(project)
    assert {row["prompt"] for row in found["preferences"]} == {"Season: winter\nBudget: 20"}
    assert {row["query"] for row in found["rankings"]} == {"Season: winter\nBudget: 20"}


def test_what_is_said_names_pairs_and_one_part_in_the_singular():
    assert sentence_of(5, [("a", "b"), ("a", "c"), ("a", "d")]).endswith("a with d; and one item of the other part.")
    assert sentence_of(6, [("a", "b"), ("a", "c"), ("a", "d")]).endswith("one item of each of the 2 other parts.")
    right, wrong = np.ones(30, dtype=bool), np.zeros(30, dtype=bool)
    verdicts = [gate.judge(None, None, None, False, held=gate.PAIR)]
    verdicts += [gate.judge(right, wrong, champion, champion is not None, held=gate.PAIR) for champion in (None, wrong)]
    for verdict in verdicts:
        assert "held-out pair" in verdict.reason
        assert "eval" not in verdict.reason + str(verdict.numbers.get("checks", ""))
