// One label an item: the key that names it is the answer.

import { ItemView } from "../lib/item_view.js";
import { labelBar } from "../lib/label_bar.js";
import { Workspace as Base } from "../lib/workspace.js";

export class Workspace extends Base {
  constructor(parts) {
    super(new ItemView(parts.stage, parts), labelBar(parts, { choose: (label) => parts.give({ label }) }));
  }

  mark(answer) {
    this.bar.mark(new Set(answer ? [answer.label] : []));
  }

  suggest(answer) {
    this.bar.suggest(new Set(answer ? [answer.label] : []));
  }

  words(answer) {
    return answer.label;
  }
}
