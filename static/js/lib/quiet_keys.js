// Whether keys of one letter are the page's: they rest for who speaks to the computer, and presses them by accident.

import { isComposing } from "./pressed_key.js";
import { recall, remember } from "./remember.js";

const SILENT = "one-letter-keys-off";

export const isSilent = () => recall(SILENT) === true;
export const silence = (silent) => remember(SILENT, silent);

/** Whether a press is for the keys of the page: nobody had it, it is not typed into a field, and no dialog is open. */
export function isForPage(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isComposing(event) || isSilent()) return false;
  if (document.querySelector("dialog[open]")) return false;
  return !event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}
