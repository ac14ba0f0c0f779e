"""Asks the model of a project about texts, one a line of the standard input, and prints what it says of each.

    export QUERENT_TOKEN=…                                   # one with the scope predict is enough
    echo "win a free prize now" | python examples/ask_the_model.py --slug messages

The texts need not be items of the project, and nothing is added to it.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from querent_client import Client

ROWS_AT_ONCE = 1_000


def batches(lines: Iterable[str]) -> Iterator[list[str]]:
    """As many texts as one question may have, until there are no more."""
    texts = (line.strip() for line in lines)
    told = filter(None, texts)
    while batch := list(islice(told, ROWS_AT_ONCE)):
        yield batch


def main() -> None:
    parser = argparse.ArgumentParser(description="Asks the model of a project about texts.")
    parser.add_argument("--slug", default="messages")
    given = parser.parse_args()
    with Client.from_environment() as querent:
        project = querent.project(given.slug)
        for texts in batches(sys.stdin):
            rows = [{"text": text} for text in texts]
            for text, said in zip(texts, project.predict(rows), strict=True):
                answer = said.get("label") or said.get("labels") or said.get("reason") or "-"
                print(f"{said['status']:8} {said.get('sure', 0):.2f} {answer}  {text[:60]}")


if __name__ == "__main__":
    main()
