#!/usr/bin/env bash
# Pillow 13.0.0: a TIFF of unsigned 32-bit numbers is read as signed ones, and the upper half comes out negative without a word.
#
# One would guess: the numbers of the file, in a mode or an array that holds them, or a refusal.
# What happens: mode I, an array of int32; 2^31 is -2147483648 and 4,000,000,000 is -294967296, in getextrema() and numpy alike.
# Seen: as below; the file says 32 bits a sample, SampleFormat 1 (unsigned).
# Date: 2026-11-29.
# Why it matters: label masks and counts of instruments are stored so; a stretch to the picture's range, for the eye or for features, puts
#   what is brightest at the dark end.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$room"
cat >try.py <<'EOF'
import io
import struct

import numpy as np
from PIL import Image

values = [0, 1, 2**31 - 1, 2**31, 4_000_000_000, 2**32 - 1]
data = struct.pack(f"<{len(values)}I", *values)
width, height, bits, plain, black_is_zero, start, samples, rows, size, unsigned = (
    (256, 3, 1, len(values)), (257, 3, 1, 1), (258, 3, 1, 32), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
    (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, len(data)), (339, 3, 1, 1),
)
tags = [width, height, bits, plain, black_is_zero, start, samples, rows, size, unsigned]
directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
picture = Image.open(io.BytesIO(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory))
found = np.asarray(picture)
print(picture.mode, found.dtype, picture.getextrema())
for stored, read in zip(values, found[0].tolist()):
    print(stored, read)
EOF
cat >seen.txt <<'EOF'
I int32 (-2147483648, 2147483647)
0 0
1 1
2147483647 2147483647
2147483648 -2147483648
4000000000 -294967296
4294967295 -1
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
