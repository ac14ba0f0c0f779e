// Which key means which command. Labels come first: a label's own key is never taken by a command.

/** Command name -> keys, the first is the one shown. `mod` is Ctrl, or Cmd on a Mac. */
export const COMMANDS = {
  undo: { keys: ["u", "Backspace", "mod+z"], words: "Undo: go back to your last answer, up to twenty back" },
  forward: { keys: ["ArrowRight", "Enter", "mod+shift+z"], words: "Go forward again" },
  takeBack: { keys: ["x", "Delete"], words: "Take the answer on the table back" },
  skip: { keys: ["s"], words: "Skip this one, and say why" },
  instructions: { keys: ["i"], words: "Instructions" },
  theme: { keys: ["t"], words: "Light or dark" },
  keys: { keys: ["?"], words: "This sheet" },
};

export const LOOKING = {
  image: [
    [["+", "−"], "Zoom in and out; also the wheel, a pinch, a double click"],
    [["0", "F"], "The whole picture"],
    [["↑", "↓", "←", "→"], "Move the enlarged picture; also by dragging"],
  ],
  text: [[["Space", "↓"], "Read on"]],
  tabular: [[["Space", "↓"], "Read on"]],
};

const byKey = new Map(Object.entries(COMMANDS).flatMap(([name, { keys }]) => keys.map((key) => [key, name])));

/** The command a key press means, or undefined. */
export function commandOf(event) {
  if (event.altKey) return undefined;
  const mod = event.ctrlKey || event.metaKey;
  if (mod) return byKey.get(`mod+${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`);
  return byKey.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/** Keys as a person reads them. */
export function keyNames(keys) {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  return keys.map((key) =>
    key
      .replace("mod+", mac ? "⌘" : "Ctrl ")
      .replace("shift+", mac ? "⇧" : "Shift ")
      .replace("ArrowRight", "→")
      .replace(/(^| |⌘|⇧)([a-z])$/, (_, before, letter) => before + letter.toUpperCase()),
  );
}
