// On every page: menus close when one looks elsewhere, what is not saved is not lost without a word, copy buttons copy, a form that came back with errors is read out.

import { listenForKeys } from "../lib/getting_about.js";
import { isUnsaved } from "../lib/unsaved.js";

listenForKeys();

const menus = () => document.querySelectorAll("details[data-menu][open]");

addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A link to a folded part opens it: the address of the page may name it, too.
function unfold(hash) {
  const part = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  const fold = part && part.closest("details:not([data-menu])");
  if (fold) fold.open = true;
}

addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) unfold(link.hash);
});
addEventListener("hashchange", () => unfold(location.hash));
unfold(location.hash);

addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  const said = button.querySelector("[data-copy-text]") ?? button;
  const before = said.textContent;
  said.textContent = (await copied(text, source)) ? "Copied" : "Press Ctrl+C";
  setTimeout(() => (said.textContent = before), 2000);
});

/** Copies text; without a secure context it selects it instead and returns false. */
async function copied(text, source) {
  try {
    await navigator.clipboard.writeText(text.trim());
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    source.select?.();
    return false;
  }
}

// A fragment that comes back as the sign-in page means that the session ended: the whole page goes there, not the fragment.
addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL || location.href);
  if (!answered.pathname.startsWith("/sign-in/")) return;
  event.detail.shouldSwap = false;
  location.reload();
});

for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  addEventListener(failure, (event) => {
    const waiting = event.detail.target?.querySelector("[data-loading]");
    if (waiting) waiting.textContent = "This could not be loaded. Reload the page to try again.";
  });
}

// Leaving with something typed asks; so does sending one form while another one of the page holds something.
let isSent = false;
const unsaved = (but) =>
  [...document.forms].filter((form) => form.method === "post" && form !== but && !("unguarded" in form.dataset) && isUnsaved(form));

addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (unsaved(event.target).length && !confirm("Something else on this page is not saved and would be lost. Go on without it?")) {
    event.preventDefault();
  } else isSent = true;
});
addEventListener("beforeunload", (event) => {
  if (!isSent && unsaved().length) event.preventDefault();
});
addEventListener("pageshow", () => (isSent = false));

document.querySelector("[data-focus]")?.focus();
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
