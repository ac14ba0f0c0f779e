// Where a key press goes: the skip menu, the labels, the item, then the commands of the page.

import { commandOf, namesByKey } from "./commands.js";
import { isComposing } from "./pressed_key.js";

/** What the skip menu offers instead of skipping. */
const INSTEAD = new Set(["doubt", "comment"]);

/** `keys` are those of each command by name; `commands[name]()` run; `onTable()` is false while there is no question; `close(typing)` is true when Escape closed something. */
export class Keyboard {
  #workspace;
  #skipMenu;
  #commands;
  #byKey;
  #onTable;
  #close;

  constructor({ workspace, skipMenu, keys, commands, onTable, close }) {
    this.#workspace = workspace;
    this.#skipMenu = skipMenu;
    this.#commands = commands;
    this.#byKey = namesByKey(keys);
    this.#onTable = onTable;
    this.#close = close;
    addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (isComposing(event) || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.target.type === "range" && /^(Arrow|Page|Home|End)/.test(event.key)) return; // a slider moves by them
    // AltGr writes a character; Windows reports it as Ctrl and Alt
    const chord = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
    const command = commandOf(event, this.#byKey);
    if (chord && !this.#commands[command]) return;
    if (this.#handled(event, command, chord)) event.preventDefault();
  }

  #handled(event, command, chord) {
    const typing = event.target === this.#workspace.bar.field;
    if (this.#skipMenu.isOpen && !INSTEAD.has(command)) return !isActivation(event) && this.#skipMenu.key(event);
    if (this.#skipMenu.isOpen) this.#skipMenu.close();
    if (event.key === "Escape" && this.#close(typing)) return true;
    if (isActivation(event) && !(event.key === "Enter" && event.target.closest("#answers [data-label]"))) return false;
    if (!chord && this.#onTable()) {
      if (this.#isAnswer(event, typing)) return true;
      if ((!typing || this.#looksWhileTyping(event)) && this.#workspace.look(event)) return true;
    }
    if (typing && !this.#commandWhileTyping(event, chord)) return false;
    if (this.#commands[command] && (!event.repeat || command === "undo" || command === "forward")) {
      this.#commands[command]();
      return true;
    }
    if (!chord) this.#beginTyping(event, typing);
    return false;
  }

  // A key held down is one answer, not thirty; only moving about in a list repeats.
  #isAnswer(event, typing) {
    if (event.repeat && !(typing && event.key.startsWith("Arrow"))) return this.#workspace.owns(event);
    return this.#workspace.key(event);
  }

  #looksWhileTyping(event) {
    return this.#workspace.bar.isEmpty && (event.key.length > 1 || "+-=_0 []{}>*".includes(event.key));
  }

  #commandWhileTyping(event, chord) {
    return this.#workspace.bar.isEmpty && (chord || ["Backspace", "?", ",", ":"].includes(event.key));
  }

  // With the focus elsewhere, a letter that is no command goes to the field: the press itself is typed there.
  #beginTyping(event, typing) {
    const field = this.#workspace.bar.field;
    if (field && !typing && this.#onTable() && event.key.length === 1 && event.key !== " ") field.focus();
  }
}

/** Enter or Space on something that can be pressed belongs to it. */
function isActivation(event) {
  return (event.key === "Enter" || event.key === " ") && Boolean(event.target.closest?.("button, a, summary"));
}
