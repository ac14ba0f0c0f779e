"""An imported answer is checked against what it is about, as one that is given on the page."""

import pytest
from rest_framework.test import APIClient

from labeling.kinds import KINDS, InvalidAnswer
from labeling.models import Annotation
from tests.factories import make_project
from tests.labeling.imports.conftest import picture, reasons, zip_of
from tests.labeling.kinds.guess import Guess

pytestmark = pytest.mark.django_db

BEYOND = "beyond its end"


class Cut(Guess):
    """``{"number": 3}``: a place inside the text, the picture or what a row calls its length."""

    name = "cut"

    def validate(self, answer, question):
        number = super().validate(answer, question)["number"]
        item = question.item
        assert item is not None
        end = item.asset.width if item.asset else len(item.text) or item.data["length"]
        if number > end:
            raise InvalidAnswer("number", f"{number} is {BEYOND}, {end}.")
        return {"number": number}


class CutOnRead(Cut):
    """Checks nothing while it reads the column: its ``validate`` must be asked all the same."""

    name = "cut"

    def answer_from_import(self, value, question):
        return {"number": int(value)}


@pytest.fixture(params=[Cut, CutOnRead], autouse=True)
def cut(request, monkeypatch):
    kind = request.param()
    monkeypatch.setitem(KINDS, kind.name, kind)
    return kind


def stored(project) -> dict[str, int]:
    rows = Annotation.objects.filter(project=project).order_by("item__ordinal")
    return {name: answer["number"] for name, answer in rows.values_list("item__external_id", "answer")}


def test_a_row_whose_answer_lies_beyond_its_text_is_rejected_with_number_and_reason(bring_in, people):
    project = make_project(kind="cut", labels=(), manager=people.manager)
    content = b"id,text,label\na,six ab,5\nb,two,5\nc,seven ab,5\nd,three,\ne,five!,5\n"
    batch = bring_in(project, content)
    assert stored(project) == {"a": 5, "c": 5, "e": 5}
    assert reasons(batch) == {2: "5 is beyond its end, 3."}
    assert [rejection.field for rejection in batch.rejections.all()] == ["label"]
    assert (
        bring_in(project, [{"id": "f", "text": "ab", "label": 3}, {"id": "g", "text": "abc", "label": 3}]).rejected == 1
    )


def test_a_picture_s_answer_is_checked_against_its_size(bring_in, people):
    project = make_project(kind="cut", modality="image", labels=(), manager=people.manager)
    files = {"50/wide.png": picture(1, (60, 40)), "50/narrow.png": picture(2, (40, 60))}
    batch = bring_in(project, zip_of(files), "a.zip", options={"folder_is_label": True})
    assert (batch.accepted, list(reasons(batch).values())) == (1, ["50 is beyond its end, 40."])


def test_a_table_row_s_answer_is_checked_against_its_columns(bring_in, people):
    project = make_project(kind="cut", modality="tabular", labels=(), manager=people.manager)
    batch = bring_in(project, b"id,length,label\na,10,7\nb,5,7\n")
    assert (stored(project), reasons(batch)) == ({"a": 7}, {2: "7 is beyond its end, 5."})


def test_a_person_is_told_the_same(bring_in, people):
    project = make_project(slug="p", kind="cut", labels=(), manager=people.manager, eval_share=0)
    bring_in(project, [{"text": "two"}])
    client = APIClient()
    client.force_authenticate(people.manager)
    (task,) = client.post("/api/v1/projects/p/tasks/next/", {"count": 1}, format="json").json()
    response = client.put(f"/api/v1/tasks/{task['id']}/answer/", {"answer": {"number": 5}}, format="json")
    assert (response.status_code, response.json()) == (400, {"number": ["5 is beyond its end, 3."]})
