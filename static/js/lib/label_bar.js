// The bar of a label set: buttons for a small one, a field to type in for a large one; the server made one of them.

import { labelButtons } from "./label_buttons.js";
import { labelPicker } from "./label_picker.js";

/** `{mark(names), key(event), focus(), takesText, isEmpty, field, shortcuts}`; `choose(name)` is called. */
export function labelBar({ bar, labels, storageKey }, { choose, several = false }) {
  const make = bar.querySelector("[role=combobox]") ? labelPicker : labelButtons;
  return make({ root: bar, labels, storageKey, choose, several });
}
