"""The page of gold and the panel on an item's page: by whom they are seen, and what they say."""

import pytest

from labeling.models import KnownAnswer, Split
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db


def test_a_reviewer_makes_gold_of_an_item_and_finds_it_in_the_list(client, project, people):
    (item,) = make_items(project, ["the first item"])
    client.force_login(people.reviewer)
    empty = client.get("/p/sms/gold/").content.decode()
    assert "No item is gold yet" in empty
    page = client.get(f"/p/sms/items/{item.pk}/").content.decode()
    assert "Make gold of this item" in page
    client.post(f"/p/sms/items/{item.pk}/gold/", {"label": "ham", "explanation": "It rhymes."})
    page = client.get(f"/p/sms/items/{item.pk}/").content.decode()
    assert "It rhymes." in page
    assert "<option selected>ham</option>" in page
    listed = client.get("/p/sms/gold/").content.decode()
    assert "the first item" in listed
    assert "nobody is asked any" in listed  # the share is 0
    client.post(f"/p/sms/items/{item.pk}/gold/remove/")
    assert not KnownAnswer.objects.exists()


def test_a_choice_that_is_none_is_refused_in_words(client, project, people):
    (item,) = make_items(project, ["one"])
    client.force_login(people.reviewer)
    page = client.post(f"/p/sms/items/{item.pk}/gold/", {"label": ""}, follow=True).content.decode()
    assert "is not in the label set" in page
    assert not KnownAnswer.objects.exists()


def test_several_labels_are_ticked(client, people):
    project = make_project(slug="tags", kind="multilabel", labels=("a", "b", "c"), manager=people.manager)
    (item,) = make_items(project, ["one"])
    client.force_login(people.manager)
    client.post(f"/p/tags/items/{item.pk}/gold/", {"label": ["c", "a"]})
    assert KnownAnswer.objects.get().answer == {"labels": ["a", "c"]}
    client.post(f"/p/tags/items/{item.pk}/gold/", {})
    assert KnownAnswer.objects.get().answer == {"labels": []}
    assert client.get("/p/tags/gold/").status_code == 200


def test_gold_that_most_people_contradict_stands_out(client, people):
    project = make_project(slug="mail", overlap=5, manager=people.manager)
    good, bad = make_items(project, ["a good one", "a doubted one"])
    (held,) = make_items(project, ["a held one"], Split.EVAL)
    for item in (good, bad, held):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "ham"}, origin="import")
    for n in range(3):
        person = UserFactory()
        make_answer(good, person, {"label": "ham"})
        make_answer(bad, person, {"label": "ham" if n == 0 else "spam"})
    client.force_login(people.manager)
    everything = client.get("/p/mail/gold/").content.decode()
    assert everything.count("most disagree") == 1
    assert "held out: not asked as gold" in everything
    doubted = client.get("/p/mail/gold/?show=suspicious").content.decode()
    assert "a doubted one" in doubted
    assert "a good one" not in doubted


def test_settings_say_that_there_is_too_little_gold_for_a_round(client, project, people):
    client.force_login(people.manager)
    for item in make_items(project, ["one", "two"]):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "ham"}, origin="import")
    type(project).objects.filter(pk=project.pk).update(practice_questions=3)
    page = client.get("/p/sms/settings/").content.decode()
    assert "2 items of the pool are gold, a practice round needs 3" in page
    type(project).objects.filter(pk=project.pk).update(practice_questions=2)
    assert "too little gold" not in client.get("/p/sms/settings/").content.decode()


def test_a_manager_sees_who_practises_waives_it_and_has_it_done_anew(client, project, people):
    for item in make_items(project, ["one", "two"]):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "ham"}, origin="import")
    type(project).objects.filter(pk=project.pk).update(practice_questions=2)
    client.force_login(people.annotator)
    assert "A practice round first" in client.get("/p/sms/annotate/").content.decode()
    client.post("/p/sms/practice/start/")
    assert "2 of 2 right to" in client.get("/p/sms/annotate/").content.decode()
    client.force_login(people.manager)
    assert "practising" in client.get("/p/sms/members/").content.decode()
    member = project.members.get(user=people.annotator)
    client.post(f"/p/sms/members/{member.pk}/practice/", {"do": "waive"})
    assert "waived" in client.get("/p/sms/members/").content.decode()
    client.post(f"/p/sms/members/{member.pk}/practice/", {"do": "reset"})
    assert "not begun" in client.get("/p/sms/members/").content.decode()
    client.force_login(people.annotator)
    assert client.post(f"/p/sms/members/{member.pk}/practice/", {"do": "waive"}).status_code == 403


def test_pairs_have_no_such_page_and_annotators_see_none(client, project, people):
    pairs = make_project(slug="pairs", kind="pairwise", labels=(), manager=people.manager)
    client.force_login(people.manager)
    assert client.get(f"/p/{pairs.slug}/gold/").status_code == 404
    client.force_login(people.annotator)
    assert client.get("/p/sms/gold/").status_code == 403
