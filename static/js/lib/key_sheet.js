// The sheet of all keys, made from what the page really listens to.

import { COMMANDS, keyNames, LOOKING } from "./commands.js";

/** `looking` are the keys to look closer, where the kind of question has others than a single item. */
export function fillKeySheet(sheet, { answering, modality, taken, looking = LOOKING[modality] }) {
  const free = (key) => !taken.has(key);
  const commands = Object.values(COMMANDS).map(({ keys, words }) => [keyNames(keys.filter(free)), words]);
  const sections = [
    ["Answer", answering.map(([keys, words]) => [keyNames(keys), words])],
    ["Look", looking],
    ["Go", [...commands, [["1", "2", "3"], "The reason, after S"], [["Esc"], "Close what is open"]]],
  ];
  sheet.replaceChildren(...sections.map(([title, rows]) => sectionOf(title, rows)));
}

function sectionOf(title, rows) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const list = document.createElement("dl");
  list.append(...rows.map(([keys, words]) => rowOf(keys, words)));
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
