// Whether keys of one letter rest: who speaks to the computer presses them by accident.

import { recall, remember } from "./remember.js";

const SILENT = "one-letter-keys-off";

export const isSilent = () => recall(SILENT) === true;
export const silence = (silent) => remember(SILENT, silent);
