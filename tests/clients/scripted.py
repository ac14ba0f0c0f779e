"""A server that answers by a script, and a client that does not really wait."""

import random
from collections.abc import Callable

import httpx

from querent_client import Client, Retries

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
URL = "https://label.example.org"
KEY = "Idempotency-Key"


class Script:
    """Gives the answers in turn, the last one for ever; keeps the requests and what was waited between them."""

    def __init__(self, *answers: Answer, attempts: int = 4) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses_s: list[float] = []
        retries = Retries(attempts=attempts, sleep=self.pauses_s.append, rng=random.Random(0))
        self.client = Client(URL, "secret-token", retries=retries, http=httpx.MockTransport(self._answer))
        self.project = self.client.project("sms")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def told(status: int = 200, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


LOST = httpx.ReadError("reset by peer")
REFUSED = httpx.ConnectError("connection refused")
