"""The Firefox of the system, driven over its own remote protocol (Marionette, loopback): no driver program, no package.

Playwright only drives a patched Firefox, and geckodriver would be one more program; the protocol is JSON over a socket.
"""

import base64
import itertools
import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.site import end_with_parent, wait_until

PREFERENCES = {
    "marionette.port": 0,  # a free one, which Firefox writes into its profile
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "dom.disable_beforeunload": True,
    "browser.sessionhistory.max_total_viewers": 0,  # a page that was left is gone, its locks and databases too
    # an icon asked for with the cookie of an ended session comes back with an order to drop it: the new one goes
    "browser.chrome.site_icons": False,
}
#: A key event as the keyboard would make it, layout included; WebDriver's own actions know US keyboards only.
PRESS = """
const [key, code, ctrlKey, shiftKey] = arguments;
const processor = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
processor.beginInputTransactionForTests(window);
const held = [...(ctrlKey ? ["Control"] : []), ...(shiftKey ? ["Shift"] : [])];
const event = (name, more = {}) => new window.KeyboardEvent("", { key: name, ...more });
for (const name of held) processor.keydown(event(name));
processor.keydown(event(key, { code }));
processor.keyup(event(key, { code }));
for (const name of held) processor.keyup(event(name));
"""

#: Rows of another test have the same numbers: an outbox left behind would hold answers to them.
FORGET = """
localStorage.clear();
sessionStorage.clear();
const gone = ({ name }) => new Promise((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
return indexedDB.databases().then((found) => Promise.all(found.map(gone))).then(() => true);
"""


def firefox() -> str | None:
    """Path of the browser, None when there is none."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One window of a Firefox of its own. Raises RuntimeError with what the browser says."""

    def __init__(self, path: str, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._log = (profile / "log.txt").open("wb")
        # --remote-allow-system-access: key events with a layout are made in the browser's own window
        command = [path, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        self._process = subprocess.Popen(
            [*command, "--profile", str(profile)], stdout=self._log, stderr=self._log, preexec_fn=end_with_parent
        )
        port = profile / "MarionetteActivePort"
        wait_until(lambda: port.exists() and port.read_text(), 60, "Firefox to start")
        self._socket = socket.create_connection(("127.0.0.1", int(port.read_text())), timeout=60)
        self._stream = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._read()
        self._call("WebDriver:NewSession")

    def goto(self, url: str) -> None:
        self._call("WebDriver:Navigate", url=url)

    def evaluate(self, script: str, *arguments: Any) -> Any:
        """What the body of a function returns in the page."""
        return self._call("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def wait_for(self, script: str, *arguments: Any, seconds: float = 15) -> Any:
        return wait_until(lambda: self.evaluate(script, *arguments), seconds, script)

    def press(self, key: str, code: str = "", *, ctrl: bool = False, shift: bool = False) -> None:
        """A press of the key at place ``code`` on which the layout writes ``key``; the page has heard it."""
        self.evaluate(
            "window.heard = 0; addEventListener('keyup', () => (window.heard = 1), { capture: true, once: true })"
        )
        self._call("Marionette:SetContext", value="chrome")
        self._call("WebDriver:ExecuteScript", script=PRESS, args=[key, code, ctrl, shift])
        self._call("Marionette:SetContext", value="content")
        self.wait_for("return window.heard")

    def click(self, selector: str) -> None:
        found = self._call("WebDriver:FindElement", using="css selector", value=selector)["value"]
        self._call("WebDriver:ElementClick", id=next(iter(found.values())))

    def sign_in(self, name: str, value: str) -> None:
        """Takes the cookie for the site of the page that is open; whatever the site kept in the browser is gone."""
        self._call("WebDriver:DeleteAllCookies")
        self.evaluate(FORGET)
        self._call("WebDriver:AddCookie", cookie={"name": name, "value": value, "path": "/"})

    def sign_out(self) -> None:
        """No later request names a session whose rows are gone; the page that was open is closed."""
        self._call("WebDriver:DeleteAllCookies")
        self.goto("about:blank")

    def resize(self, width: int, height: int) -> None:
        """The page, not the window around it."""
        outer = self._call("WebDriver:SetWindowRect", width=width, height=height)
        inner = self.evaluate("return [innerWidth, innerHeight]")
        more = outer["width"] - inner[0], outer["height"] - inner[1]
        self._call("WebDriver:SetWindowRect", width=width + more[0], height=height + more[1])

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("WebDriver:TakeScreenshot", full=False)["value"])

    def close(self) -> None:
        try:
            self._call("Marionette:Quit", flags=["eForceQuit"])
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._socket.close()
            self._log.close()

    def _call(self, name: str, **parameters: Any) -> Any:
        message = json.dumps([0, next(self._numbers), name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            byte = self._stream.read(1)
            if not byte:
                raise RuntimeError("Firefox hung up")
            length += byte
        return json.loads(self._stream.read(int(length[:-1])))
