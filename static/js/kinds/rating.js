// One step of a scale an item: the key that names it is the answer.

import { ItemView } from "../lib/item_view.js";
import { labelBar } from "../lib/label_bar.js";
import { Workspace as Base } from "../lib/workspace.js";

export class Workspace extends Base {
  constructor(parts) {
    super(new ItemView(parts.stage, parts), labelBar(parts, { choose: (step) => parts.give({ rating: valueOf(step) }) }));
  }

  mark(answer) {
    this.bar.mark(new Set(answer ? [String(answer.rating)] : []));
  }

  suggest(answer) {
    this.bar.suggest(new Set(answer ? [String(answer.rating)] : []));
  }

  words(answer) {
    return String(answer.rating);
  }
}

/** As the server keeps it: a number where the step is called by one. */
function valueOf(step) {
  return /^(0|-?[1-9]\d{0,8})$/.test(step) ? Number(step) : step;
}
