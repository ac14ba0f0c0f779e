// The list of suspected errors: rows are ticked by keys.

import { tickRows } from "../lib/ticked_rows.js";

tickRows(document.querySelector("[data-doubts]"));
