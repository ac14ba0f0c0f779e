// The answer bar of a small label set: one button and one key a label.

import { meant } from "./pressed_key.js";

/** `{mark(names), suggest(names), key(event), shortcuts}`; the buttons come from the server. */
export function labelButtons({ root, labels, choose }) {
  const buttons = new Map([...root.querySelectorAll("[data-label]")].map((button) => [button.dataset.label, button]));
  const byKey = new Map(labels.flatMap(({ name, keys }) => keys.map((key) => [key, name])));

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-label]");
    if (button) choose(button.dataset.label);
  });

  return {
    mark(names) {
      for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(names.has(name)));
    },

    suggest(names) {
      for (const [name, button] of buttons) markSuggested(button, names.has(name));
    },

    key(event) {
      const name = byKey.get(meant(event, (key) => byKey.has(key)));
      if (name === undefined) return false;
      flash(buttons.get(name));
      choose(name);
      return true;
    },

    focus() {},
    takesText: false,
    isEmpty: true,
    field: null,
    shortcuts: labels.map(({ name, keys }) => [keys, name]),
  };
}

/** A mark and no choice: what a machine suggests is pressed by whoever thinks so. */
export function markSuggested(button, isSuggested) {
  button.toggleAttribute("data-suggested", isSuggested);
  if (isSuggested) button.setAttribute("aria-description", "suggested");
  else button.removeAttribute("aria-description");
}

function flash(button) {
  button.classList.remove("is-given");
  requestAnimationFrame(() => button.classList.add("is-given"));
  setTimeout(() => button.classList.remove("is-given"), 160);
}
