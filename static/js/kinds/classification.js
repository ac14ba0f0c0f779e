// One label an item: the key that names it is the answer.

import { labelButtons } from "../lib/label_buttons.js";
import { labelPicker } from "../lib/label_picker.js";

export function answers({ root, labels, storageKey, give }) {
  const make = root.querySelector("[role=combobox]") ? labelPicker : labelButtons;
  const bar = make({ root, labels, storageKey, choose: (label) => give({ label }) });
  return {
    bar,
    show(answer) {
      bar.mark(new Set(answer ? [answer.label] : []));
    },
    key: (event) => bar.key(event),
    words: (answer) => answer.label,
    shortcuts: bar.shortcuts,
  };
}
