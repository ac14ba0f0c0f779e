// What the commands do. Which key runs which is the server's word (labeling/kinds/page_keys.py): it knows the labels' keys.

import { meant } from "./pressed_key.js";

export const COMMANDS = {
  undo: "Undo: go back to your last answer, up to twenty back",
  forward: "Go forward again",
  takeBack: "Take the answer on the table back",
  doubt: "Not sure: goes with your answer, before it is given or after",
  comment: "Say something with your answer",
  takeSuggestion: "Give what is suggested",
  skip: "Skip this one; then 1 unclear, 2 broken, 3 out of scope",
  instructions: "Instructions",
  theme: "Light or dark",
  keys: "This sheet",
};

/** What looks closer at an item, from the keys there are. */
export function lookingAt(modality, keys) {
  if (modality !== "image") return [[["Space", "PageDown"], "Read on"]];
  return [
    [keyNames([...keys.zoomIn.slice(0, 1), ...keys.zoomOut.slice(0, 1)]), "Zoom in and out; also the wheel, a pinch, a double click"],
    [keyNames(keys.zoomReset), "The whole picture"],
    [["Arrows"], "Move the picture while it is enlarged; also by dragging"],
    ...lightKeys(keys),
  ];
}

/** What turns a picture and changes its light. */
export function lightKeys({ rotate = [], brighter = [], darker = [], moreContrast = [], lessContrast = [], lightReset = [] }) {
  return [
    [keyNames(rotate), "A quarter turn to the right"],
    [keyNames([...darker, ...brighter]), "Darker, brighter"],
    [keyNames([...lessContrast, ...moreContrast]), "Less, more contrast"],
    [keyNames(lightReset), "Brightness and contrast as they are"],
  ];
}

/** `{name: keys}` the other way round. */
export function namesByKey(keys) {
  return new Map(Object.entries(keys).flatMap(([name, own]) => own.map((key) => [key, name])));
}

/** The command a key press means, or undefined; `byKey` is `namesByKey` of the page's keys. `mod` is Ctrl, or Cmd on a Mac. */
export function commandOf(event, byKey) {
  if (event.altKey) return undefined;
  const before = event.ctrlKey || event.metaKey ? `mod+${event.shiftKey ? "shift+" : ""}` : "";
  return byKey.get(before + meant(event, (key) => byKey.has(before + key)));
}

/** Keys as a person reads them. */
export function keyNames(keys) {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  return keys.map((key) =>
    key
      .replace("mod+", mac ? "⌘" : "Ctrl ")
      .replace("shift+", mac ? "⇧" : "Shift ")
      .replace("ArrowRight", "→")
      .replace(/^-$/, "−")
      .replace(/(^| |⌘|⇧)([a-z])$/, (_, before, letter) => before + letter.toUpperCase()),
  );
}
