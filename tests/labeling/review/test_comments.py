"""What is said about an item: by reviewers, and with whose answer was sent back; nobody else reads a word of it."""

import pytest

from labeling.models import AuditEvent, ItemComment, Member, Role
from labeling.services.projects.deletion import delete_project
from labeling.services.review.decide import decide, undo
from tests.factories import UserFactory, make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(project):
    person = UserFactory(username="second")
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


@pytest.fixture
def item(project, people, second):
    """The annotator and the second one disagree about it."""
    project.overlap = 2
    project.save()
    (made,) = make_items(project, ["is it?"])
    make_answer(made, people.annotator, {"label": "ham"})
    make_answer(made, second, {"label": "spam"})
    return made


def test_a_thread_from_the_first_word_to_its_end(api, people, project, second, item):
    url = f"/api/v1/projects/sms/items/{item.pk}/comments/"
    reviewer, author = api(people.reviewer), api(people.annotator)

    def say(client, text, **more):
        return client.post(url, {"text": text, **more}, format="json")

    def read(person):
        return [one["text"] for one in reversed(api(person).get(url).json()["results"])]

    assert say(reviewer, "Is a voucher spam?").json()["open"] is True
    assert [say(api(person), "Yes").status_code for person in (people.annotator, second, people.viewer)] == [403] * 3
    assert [read(person) for person in (people.annotator, second, people.viewer)] == [[], [], []]
    refused = say(reviewer, "Sure?", to="annotator")  # his answer stands
    assert (refused.status_code, list(refused.json())) == (400, ["to"])

    sent = decide(people.reviewer, project, item.pk, "send_back", author="annotator", comment="Look again.")
    said = say(author, "It is a voucher.").json()
    assert (said["author"].startswith("person-"), said["to"], said["open"]) == (True, None, True)
    assert say(reviewer, "Then it is spam.", to="annotator").json()["to"] == "annotator"
    assert say(reviewer, "Somebody else says spam.").status_code == 201
    everything = [
        "Is a voucher spam?",
        "Look again.",
        "It is a voucher.",
        "Then it is spam.",
        "Somebody else says spam.",
    ]
    assert read(people.manager) == everything
    assert read(people.annotator) == everything[1:4]
    assert (read(second), read(people.viewer)) == ([], [])
    authors = {one["author"] for one in author.get(url).json()["results"]}
    assert all(name.startswith("person-") for name in authors)
    page = api(people.reviewer).get("/api/v1/projects/sms/comments/?open=true").json()["results"]
    assert len(page) == 4  # what came with the decision is the decision's
    standing = "/api/v1/projects/sms/reviews/standing/"
    assert reviewer.get(standing).json()["open_threads"] == 1

    assert author.post(f"{url}resolve/").status_code == 403
    assert reviewer.post(f"{url}resolve/").json() == {"comments": 4}
    assert reviewer.post(f"{url}resolve/").json() == {"comments": 0}
    newest = reviewer.get(url).json()["results"][0]
    assert (newest["open"], newest["resolved_by"]) == (False, "reviewer")
    assert reviewer.get(standing).json()["open_threads"] == 0
    assert reviewer.post(f"{url}resolve/", {"resolved": False}, format="json").json() == {"comments": 4}
    made = AuditEvent.objects.filter(action__startswith="item.comment").order_by("pk")
    assert list(made.values_list("action", "user_name", "after")) == [
        ("item.commented", "reviewer", {}),
        ("item.commented", "annotator", {}),
        ("item.commented", "reviewer", {"to": "annotator"}),
        ("item.commented", "reviewer", {}),
        ("item.comments_resolved", "reviewer", {"comments": 4}),
        ("item.comments_reopened", "reviewer", {"comments": 4}),
    ]

    undo(people.reviewer, project, sent.pk)  # it is not his matter any more; what was said to him he has read
    assert read(people.annotator) == ["It is a voucher.", "Then it is spam."]
    assert say(author, "And now?").status_code == 403
    for wrong, status in (({"text": " "}, 400), ({"text": "x" * 2001}, 400), ({"text": "a\0"}, 400)):
        assert reviewer.post(url, wrong, format="json").status_code == status
    assert reviewer.post(url.replace(str(item.pk), str(2**62)), {"text": "?"}, format="json").status_code == 404
    delete_project(people.manager, project)
    assert not ItemComment.objects.exists()


def test_pages_show_the_thread_to_whom_it_concerns(client, people, project, second, item):
    people.reviewer.username = "rita"
    people.reviewer.save()
    decide(people.reviewer, project, item.pk, "send_back", author="annotator", comment="Look again.")
    at_item = f"/p/sms/items/{item.pk}/"
    client.force_login(people.reviewer)
    client.post(f"{at_item}comment/", {"text": "Only for us."})
    client.post(f"{at_item}comment/", {"text": "Read the rules.", "to": "annotator"})
    shown = client.get(at_item).content.decode()
    assert all(words in shown for words in ("Look again.", "Only for us.", "Read the rules.", "also annotator"))
    assert "Read the rules." in client.get("/p/sms/review/list/").content.decode()
    client.force_login(people.annotator)
    client.post(f"/p/sms/mine/items/{item.pk}/comment/", {"text": "I have."})
    own = client.get("/p/sms/mine/").content.decode()
    assert all(words in own for words in ("is it?", "Look again.", "Read the rules.", "I have."))
    assert "Only for us." not in own
    assert "rita" not in own
    client.force_login(second)
    assert "Sent back to you" not in client.get("/p/sms/mine/").content.decode()
    client.force_login(people.manager)
    assert client.post(f"{at_item}comments/resolve/").status_code == 302
    assert not ItemComment.objects.open().exists()
