"""A machine that is a rule: words speak for a label, and what no word speaks for gets the label that is left.

    export QUERENT_TOKEN=…          # the machine's own: Members, Machines, Add a machine
    python examples/machines/keywords.py --slug messages --version 1 --else ham spam=free,prize,winner

A rule costs nothing and never tires. Whether it is any good its card says, once people have answered.
"""

import argparse
from collections.abc import Mapping, Sequence

from querent_client import Client

BATCH_ROWS = 5_000


def label_of(text: str, words: Mapping[str, Sequence[str]], otherwise: str) -> str:
    """The label with the most of its words in the text."""
    low = text.casefold()
    found = {label: sum(word in low for word in spoken) for label, spoken in words.items()}
    best = max(found, key=lambda label: found[label])
    return best if found[best] else otherwise


def main() -> None:
    parser = argparse.ArgumentParser(description="Predicts by words.")
    parser.add_argument("words", nargs="+", help="label=word,word,…")
    parser.add_argument("--slug", default="messages")
    parser.add_argument("--version", default="1", help="Another list of words is another version.")
    parser.add_argument("--else", dest="otherwise", required=True, help="The label of what no word speaks for.")
    given = parser.parse_args()
    words = {label: spoken.casefold().split(",") for label, _, spoken in (one.partition("=") for one in given.words)}
    with Client.from_environment() as querent:
        predictions = querent.project(given.slug).predictions
        items = (one["item"] for one in predictions.to_predict(version=given.version) if "item" in one)
        rows = [{"item": item["id"], "label": label_of(item["text"], words, given.otherwise)} for item in items]
        for start in range(0, len(rows), BATCH_ROWS):
            done = predictions.post(rows[start : start + BATCH_ROWS], version=given.version)
            print(f"{done['accepted']} predictions stored, {done['rejected']} refused")
        if not rows:
            print("nothing to predict")


if __name__ == "__main__":
    main()
