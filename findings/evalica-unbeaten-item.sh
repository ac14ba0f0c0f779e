#!/usr/bin/env bash
# evalica 0.4.2: one item that never lost makes the Bradley-Terry and Newman scores of all items equal.
#
# One would guess: no maximum of the likelihood exists there, so: a warning, a score without bound for that item, or no score; and the
#   others in their order, about which the comparisons say enough.
# What happens: every score is 1e-06, the unbeaten item's and everybody else's. bradley_terry stops after 2
#   iterations, newman after all 100. No warning; sorted by score the items stand in the order in which they were mentioned.
# Seen: b beats c beats d three times out of four. Without a: 4.135, 1.0, 0.242. With a, who beat everybody: all 1e-06. One loss of a
#   more: 7.317, 1.325, 0.467, 0.221.
# Date: 2026-11-28. The part of the docstring of bradley_terry that was read names no condition on the comparisons.
# Why it matters: early in a pairwise project most items have few judgments, and one that won them all is what one expects.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check evalica==0.4.2 numpy==2.4.6 pandas==3.1.1
cd "$room"
cat >try.py <<'EOF'
import evalica
from evalica import Winner

# a beat b, c and d, four times each; b beat c and c beat d three times out of four, b always beat d
a = [("a", other) for other in "bcd"] * 4
others = [("b", "c"), ("c", "d"), ("b", "d")] * 3 + [("c", "b"), ("d", "c"), ("b", "d")]
games = a + others


def rank(name, games):
    winners, losers = zip(*games)
    found = getattr(evalica, name)(winners, losers, [Winner.X] * len(games))
    return {item: round(float(score), 3) if score > 0.001 else float(f"{score:.0e}") for item, score in found.scores.items()}, found.iterations


for name in ("bradley_terry", "newman"):
    print(name, *rank(name, games))
    print(name, "without a:", *rank(name, others))
    print(name, "one loss of a more:", *rank(name, [*games, ("d", "a")]))
EOF
cat >seen.txt <<'EOF'
bradley_terry {'a': 1e-06, 'b': 1e-06, 'c': 1e-06, 'd': 1e-06} 2
bradley_terry without a: {'b': 4.135, 'c': 1.0, 'd': 0.242} 9
bradley_terry one loss of a more: {'a': 7.317, 'b': 1.325, 'c': 0.467, 'd': 0.221} 11
newman {'a': 1e-06, 'b': 1e-06, 'c': 1e-06, 'd': 1e-06} 100
newman without a: {'b': 4.135, 'c': 1.0, 'd': 0.242} 15
newman one loss of a more: {'a': 7.728, 'b': 1.4, 'c': 0.494, 'd': 0.233} 66
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
