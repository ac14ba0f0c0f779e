"""Somebody who types passwords at an address, on the page and over REST."""

from django.test import Client

RIGHT = "correct horse battery"


def on_the_page(name: str, password: str, address: str):
    """A fresh browser: nothing but the address is remembered."""
    return Client().post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address)


def over_rest(name: str, password: str, address: str):
    given = {"username": name, "password": password}
    return Client().post("/api/v1/auth/token/", given, content_type="application/json", REMOTE_ADDR=address)


EVERYWHERE = [on_the_page, over_rest]


def is_in(answer) -> bool:
    return answer.status_code == 302 or (answer.status_code == 200 and "token" in answer.content.decode()[:10])
