// The sheet of all keys, made from what the page really listens to.

import { COMMANDS, keyNames, lookingAt } from "./commands.js";

/** `looking` are the keys to look closer, where the kind of question has others than a single item. */
export function fillKeySheet(sheet, { answering, modality, keys, looking = lookingAt(modality, keys) }) {
  const commands = Object.entries(COMMANDS).map(([name, words]) => [keyNames(keys[name] ?? []), words]);
  const sections = [
    ["Answer", answering.map(([own, words]) => [keyNames(own), words])],
    ["Look", looking],
    ["Go", [...commands, [["Esc"], "Close what is open"]]],
  ];
  sheetOf(sheet, sections);
}

/** `[[title, [[names of keys, words], …]], …]` as the sheet shows them. */
export function sheetOf(sheet, sections) {
  const told = new Set();
  sheet.replaceChildren(...sections.map(([title, rows]) => sectionOf(title, rows.map((row) => once(row, told)))));
}

/** What comes first in the page's own order has the key: the arrows of a list do not move a picture as well. */
function once([keys, words], told) {
  const mine = keys.filter((key) => key === "…" || !told.has(key));
  for (const key of mine) told.add(key);
  return [mine, words];
}

function sectionOf(title, rows) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const list = document.createElement("dl");
  list.append(...rows.filter(([keys]) => keys.length).map(([keys, words]) => rowOf(keys, words)));
  section.append(heading, list);
  return section;
}

function rowOf(keys, words) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  for (const key of keys) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap, " ");
  }
  const said = document.createElement("dd");
  said.textContent = words;
  row.append(term, said);
  return row;
}
