"""A machine that asks an outside model: any endpoint that speaks the chat completions of OpenAI.

    export QUERENT_TOKEN=…          # the machine's own: Members, Machines, Add a machine
    export OPENAI_API_KEY=…         # where the endpoint wants one
    python examples/machines/openai_judge.py --slug messages --labels ham spam \
        --endpoint http://127.0.0.1:8080/v1 --model some-model --version some-model-prompt-1

One item a request, the answer constrained to the labels; what it costs is kept with each prediction, so that the card
can say what a right label costs. Another prompt or model is another version. An answer that is no label is left out:
the item is asked again at the next start.
"""

import argparse
import os
from itertools import islice
from typing import Any

import httpx

from querent_client import Client

PROMPT = """You label items for a project. What the labels are for: {purpose}
Answer with one of these labels and nothing else: {labels}."""
BATCH_ROWS = 50


def asked(http: httpx.Client, model: str, prompt: str, text: str) -> dict[str, Any]:
    """The endpoint's answer, as it gave it."""
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": text}]
    body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 20}
    response = http.post("chat/completions", json=body)
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


def label_in(answer: str, labels: list[str]) -> str | None:
    """The label that the answer is, whatever its case and the marks around it."""
    said = answer.strip().strip("\"'`.*").casefold()
    return next((label for label in labels if label.casefold() == said), None)


def cost_of(usage: dict[str, Any], per_million_in: float, per_million_out: float) -> float:
    """By the tokens that the endpoint counted."""
    return (
        usage.get("prompt_tokens", 0) * per_million_in + usage.get("completion_tokens", 0) * per_million_out
    ) / 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Predicts by an endpoint that speaks OpenAI's chat completions.")
    parser.add_argument("--slug", default="messages")
    parser.add_argument("--labels", nargs="+", required=True)
    parser.add_argument("--purpose", default="as their names say")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--version", help="Without it the newest of the machine.")
    parser.add_argument("--items", type=int, default=100, help="How many at most.")
    parser.add_argument("--price-in", type=float, default=0.0, help="Of a million tokens that are sent.")
    parser.add_argument("--price-out", type=float, default=0.0)
    given = parser.parse_args()
    prompt = PROMPT.format(purpose=given.purpose, labels=", ".join(given.labels))
    key = os.environ.get("OPENAI_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    stored = without = 0
    with Client.from_environment() as querent, httpx.Client(
        base_url=given.endpoint.rstrip("/") + "/", headers=headers, timeout=60
    ) as http:  # fmt: skip
        predictions = querent.project(given.slug).predictions
        rows: list[dict[str, Any]] = []
        shown = [one["item"] for one in islice(predictions.to_predict(version=given.version), given.items)]
        for place, item in enumerate(shown, 1):
            answer = asked(http, given.model, prompt, item["text"])
            label = label_in(answer["choices"][0]["message"]["content"] or "", given.labels)
            cost = cost_of(answer.get("usage") or {}, given.price_in, given.price_out)
            if label is None:
                without += 1
            else:
                rows.append({"item": item["id"], "label": label, "cost": cost})
            if rows and (len(rows) == BATCH_ROWS or place == len(shown)):
                stored += predictions.post(rows, version=given.version)["accepted"]
                rows = []
    print(f"{stored} predictions stored, {without} answers were no label")


if __name__ == "__main__":
    main()
