// The bar of the settings form: what is not saved yet, and that it was saved. Only what was changed is sent.

import { changedIn } from "../lib/unsaved.js";

const form = document.querySelector("form[data-settings]");
const words = form.querySelector("[data-words]");
const discard = form.querySelector("[data-discard]");
const save = form.querySelector("button[type=submit].button--primary");
const placeKey = `querent:place:${location.pathname}`;
const wasSaved = "saved" in words.dataset;

/** What stands above a field. */
function nameOf(control) {
  return form.querySelector(`label[for="${control.id}"]`)?.firstChild.textContent.trim() ?? control.name;
}

function draw() {
  const names = [...new Set(changedIn(form).map(nameOf))];
  form.classList.toggle("is-unsaved", names.length > 0);
  discard.hidden = names.length === 0;
  save.disabled = names.length === 0;
  if (!names.length) {
    if (!wasSaved || words.dataset.drawn) words.textContent = "Everything is saved.";
    return;
  }
  const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  words.dataset.drawn = "yes";
  words.textContent = `${form.querySelector(".errorlist") ? "Not saved" : "Not saved yet"}: ${shown}`;
}

for (const type of ["input", "change"]) form.addEventListener(type, draw);
discard.addEventListener("click", (event) => {
  event.preventDefault();
  sessionStorage.setItem(placeKey, String(scrollY));
  form.dataset.unguarded = "";
  location.assign(location.pathname);
});

// what was not touched is not sent: it would undo what somebody else has saved meanwhile
form.addEventListener("formdata", ({ formData }) => {
  const kept = new Set(changedIn(form).map((control) => control.name));
  for (const name of [...formData.keys()]) if (name !== "csrfmiddlewaretoken" && !kept.has(name)) formData.delete(name);
});
form.addEventListener("submit", () => sessionStorage.setItem(placeKey, String(scrollY)));
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (!save.disabled) form.requestSubmit(save);
});

draw();
// after saving one is where one was, and the bar says what was saved
const place = sessionStorage.getItem(placeKey);
sessionStorage.removeItem(placeKey);
if (place !== null && !form.querySelector(".errorlist")) scrollTo(0, Number(place));
if (wasSaved) words.focus({ preventScroll: true });
