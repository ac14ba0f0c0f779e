"""A disk that is nearly full is said on every page to those who can do something about it."""

import pytest

from labeling.pages import navigation
from labeling.selectors.disk import Room

pytestmark = pytest.mark.django_db
GIB = 1024**3


@pytest.mark.parametrize("address", ["/", "/p/sms/"])
@pytest.mark.parametrize(
    ("who", "told"),
    [("manager", True), ("superuser", True), ("annotator", False), ("reviewer", False), ("viewer", False)],
)
def test_who_is_told(project, people, browser_of, monkeypatch, who, told, address):
    monkeypatch.setattr(navigation, "room", lambda: Room("/data", 4 * GIB, 100 * GIB))
    page = browser_of(getattr(people, who)).get(address)
    assert page.status_code == 200
    assert ("nearly full" in page.content.decode()) is told
    assert ("4.0 % is free" in page.content.decode()) is told


def test_a_full_disk_is_said_more_loudly(project, people, browser_of, monkeypatch):
    monkeypatch.setattr(navigation, "room", lambda: Room("/data", GIB // 10, 100 * GIB))
    words = browser_of(people.manager).get("/").content.decode()
    assert "disk is full: answers and imports may be refused" in words


def test_nobody_is_told_while_there_is_room_nor_at_the_door(project, people, browser_of, client, monkeypatch):
    monkeypatch.setattr(navigation, "room", lambda: Room("/data", 6 * GIB, 100 * GIB))
    assert "nearly full" not in browser_of(people.manager).get("/").content.decode()
    monkeypatch.setattr(navigation, "room", lambda: Room("/data", 1 * GIB, 100 * GIB))
    assert "nearly full" not in client.get("/sign-in/").content.decode()
