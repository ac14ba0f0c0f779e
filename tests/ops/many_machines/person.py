"""Somebody who uses Querent from outside: pages with cookies and forms, REST with a token."""

import http.cookiejar
import json
import re
import ssl
import urllib.parse
import urllib.request
from typing import Any

#: Behind the proxy there is no TLS, and the cookies are for TLS only.
_EVERYWHERE = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))


class Person:
    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self.base, self.headers = base, headers
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(_EVERYWHERE)),
        )

    def get(self, path: str, data: bytes | None = None, method: str | None = None, **headers: str) -> str:
        """Raises HTTPError for every status from 400 on."""
        request = urllib.request.Request(
            self.base + path, data=data, method=method, headers={**self.headers, **headers}
        )
        with self.opener.open(request, timeout=60) as answer:
            return str(answer.read().decode())

    def form(self, path: str, **fields: str) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token
        return self.get(path, urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode())

    def api(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        return json.loads(self.get(f"/api/v1{path}", data, method, **{"Content-Type": "application/json"}) or "null")

    def get_token(self, name: str, password: str) -> None:
        """From here on requests carry it."""
        token = self.api("POST", "/auth/token/", {"username": name, "password": password})["token"]
        self.headers = {**self.headers, "Authorization": f"Token {token}"}

    def make_project(self, slug: str) -> None:
        fields = {"slug": slug, "name": slug.title(), "kind": "classification", "modality": "text", "purpose": "Sort."}
        self.api("POST", "/projects/", {**fields, "labels": [{"name": "ham"}, {"name": "spam"}]})

    def start_import(self, slug: str, n: int) -> str:
        """Of ``n`` messages that tell their label; the import's id."""
        texts = [f"{'win a prize now' if i % 2 else 'see you at dinner'} number {i}" for i in range(n)]
        return str(self.api("POST", f"/projects/{slug}/imports/", {"rows": [{"text": text} for text in texts]})["id"])

    def label(self, slug: str, n: int) -> None:
        given = 0
        while given < n:
            for task in self.api("POST", f"/projects/{slug}/tasks/next/", {"count": 5}):
                label = "spam" if "prize" in task["item"]["text"] else "ham"
                self.api("PUT", f"/tasks/{task['id']}/answer/", {"answer": {"label": label}})
                given += 1
