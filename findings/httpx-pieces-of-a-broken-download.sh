#!/usr/bin/env bash
# httpx 0.28.1: reading a body in pieces of a chosen size throws away what has arrived when the line breaks.
#
# One would guess: iter_raw(chunk_size) and iter_bytes(chunk_size) hand over what they have received before they raise the error of a broken
#   connection, as they do without a size.
# What happens: up to a whole piece is kept back and dropped. With pieces larger than what came through nothing is handed over at all.
# Seen: as below; 200,000 of 300,000 announced bytes are sent, then the server closes the connection.
# Date: 2026-11-29.
# Why it matters: a client that resumes the download of an exported data set where it broke off asks again for bytes it already had; if the
#   line breaks sooner than a piece is long, it never gets on. iter_raw() without a size resumes at the right byte.
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"${PYTHON:-python3}" -m venv "$room/venv"
"$room/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9
cd "$room"
cat >try.py <<'EOF'
import http.server
import threading

import httpx


class BreaksOff(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "300000")
        self.end_headers()
        self.wfile.write(bytes(200_000))

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BreaksOff)
threading.Thread(target=server.serve_forever, daemon=True).start()
for method in ("iter_raw", "iter_bytes"):
    for size in (None, 65_536, 262_144):
        received = 0
        try:
            with httpx.stream("GET", f"http://127.0.0.1:{server.server_port}/") as response:
                for piece in getattr(response, method)(size):
                    received += len(piece)
        except httpx.RemoteProtocolError:
            print(f"{method}, pieces of {size}: {received:,} bytes of 200,000, then the error")
server.shutdown()
EOF
cat >seen.txt <<'EOF'
iter_raw, pieces of None: 200,000 bytes of 200,000, then the error
iter_raw, pieces of 65536: 196,608 bytes of 200,000, then the error
iter_raw, pieces of 262144: 0 bytes of 200,000, then the error
iter_bytes, pieces of None: 200,000 bytes of 200,000, then the error
iter_bytes, pieces of 65536: 196,608 bytes of 200,000, then the error
iter_bytes, pieces of 262144: 0 bytes of 200,000, then the error
EOF
venv/bin/python -W ignore try.py | tee now.txt
diff seen.txt now.txt || { echo "the behaviour has changed: look again at this finding"; exit 1; }
