// The page that tries a model: what is in the form is asked about, and the answer stands beside it.

import { explained, inWords } from "../lib/explained.js";
import { ask, send } from "../lib/predicting.js";

const page = document.querySelector("[data-predict]");
const form = page.querySelector("[data-ask]");
const status = page.querySelector("[data-status]");
const answer = page.querySelector("[data-answer]");
const text = form.querySelector("#text");
const file = form.querySelector("#picture");
const columns = [...form.querySelectorAll("[data-column]")];
const LEAST_SEEN_PX = 160;
let picture = null;
let running = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  tell();
});
text?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

async function tell(force = false) {
  const what = content();
  if (typeof what === "string") return say(what, "warning");
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const query = new URLSearchParams({ explain: "1", version: form.querySelector("#version").value });
  if (force) query.set("force", "1");
  say("Asking…");
  answer.setAttribute("aria-busy", "true");
  const url = `${page.dataset.predict}?${query}`;
  const { said, trouble } = await ask({ send: () => send(url, what, signal), waiting: say, signal });
  if (signal.aborted) return; // another question was asked meanwhile
  answer.removeAttribute("aria-busy");
  answer.hidden = !said;
  if (trouble) say(trouble, "error");
  else show(said, what);
  const section = status.parentElement; // below the form where the page is narrow
  if (section.getBoundingClientRect().top > window.innerHeight - LEAST_SEEN_PX) section.scrollIntoView({ block: "start" });
}

function show(said, what) {
  say(inWords(said), "said");
  answer.replaceChildren(
    ...explained(said, { asked: what.row?.text ?? "", item: addressOf("item"), model: addressOf("model"), force: () => tell(true) }),
  );
}

/** What is asked about, `{row}` or `{picture}`; words where there is nothing. */
function content() {
  if (file) return picture ? { picture } : "Choose a picture first.";
  if (text) return text.value.trim() ? { row: { text: text.value } } : "Write a text first.";
  const row = Object.fromEntries(columns.filter((one) => one.value.trim()).map((one) => [one.dataset.column, valueOf(one)]));
  return Object.keys(row).length ? { row } : "Fill in a column first.";
}

/** A number where the column has numbers: what is asked about is then the same content as an item's. */
function valueOf({ value, dataset }) {
  const number = Number(value);
  return "number" in dataset && Number.isFinite(number) ? number : value;
}

function addressOf(name) {
  const [before, after] = page.dataset[name].split(/0(?=\/$)/);
  return (number) => `${before}${number}${after}`;
}

/** The line above the answer; one that is told by the answer itself is for screen readers only. */
function say(words, sort = "") {
  status.className = sort === "said" ? "visually-hidden" : `note${sort ? ` note--${sort}` : ""}`;
  status.textContent = words;
}

form.querySelector("[data-fill]")?.addEventListener("click", () => {
  for (const one of columns) one.value = one.dataset.example;
});

// ---- a picture: chosen, dropped anywhere on the box, or pasted anywhere on the page ----

function take(found) {
  if (!found) return;
  if (!found.type.startsWith("image/")) return say("This is no picture.", "warning");
  if (found.size > Number(page.dataset.maxBytes)) return say("This picture is too large.", "warning");
  const shown = form.querySelector("[data-picture]");
  if (shown.src) URL.revokeObjectURL(shown.src);
  picture = found;
  shown.src = URL.createObjectURL(found);
  shown.hidden = false;
  shown.closest("[data-drop]").classList.add("drop--chosen"); // of one that was dropped the field says "no file chosen"
  form.requestSubmit();
}

if (file) {
  const box = form.querySelector("[data-drop]");
  const over = (event) => {
    event.preventDefault();
    box.classList.toggle("drop--over", event.type === "dragenter" || event.type === "dragover");
  };
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) box.addEventListener(name, over);
  box.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  file.addEventListener("change", () => take(file.files[0]));
  document.addEventListener("paste", (event) => take(event.clipboardData?.files[0]));
}
