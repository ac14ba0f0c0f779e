// The answer bar of a large label set: type a few letters, Enter takes the first; the labels used last are under the digits.

import { markSuggested } from "./label_buttons.js";
import { folded, matches, Recent } from "./label_match.js";
import { meant } from "./pressed_key.js";
import { isStacked } from "./viewport.js";

const NUMBERED = 9;
const LEAST_ROWS = 2;
const ROW_GAP_PX = 2; // as in annotate.css

/** Same shape as labelButtons. `several`: more than one label may be chosen. */
export function labelPicker({ root, labels, choose, storageKey, several = false }) {
  const field = root.querySelector("[role=combobox]");
  const list = root.querySelector("[role=listbox]");
  const nothing = root.querySelector("[data-part=nothing]");
  const names = labels.map(({ name }) => name);
  const recent = new Recent(storageKey, names);
  const options = new Map(labels.map(({ name }, place) => [name, optionOf(name, place)]));
  let shown = [];
  let active = -1;
  let marked = new Set();

  function arrange() {
    const order = [...new Set([...recent.names, ...names])];
    shown = matches(order, field.value);
    list.replaceChildren(...shown.map((name, place) => {
      const { element, number, words } = options.get(name);
      number.textContent = place < NUMBERED ? String(place + 1) : "";
      number.hidden = place >= NUMBERED;
      words.replaceChildren(...highlighted(name, field.value));
      return element;
    }));
    nothing.hidden = shown.length > 0;
    activate(field.value.trim() && shown.length ? 0 : -1);
    if (active < 0) list.scrollTop = 0;
  }

  function activate(place) {
    active = place;
    for (const [name, { element }] of options) element.classList.toggle("is-active", shown[active] === name);
    const element = active >= 0 ? options.get(shown[active]).element : null;
    if (element) {
      field.setAttribute("aria-activedescendant", element.id);
      element.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  }

  function take(name) {
    recent.use(name);
    field.value = "";
    choose(name);
    arrange();
  }

  function move(event) {
    const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const caretMoves = field.value !== "" && (event.key === "ArrowLeft" || event.key === "ArrowRight");
    const step = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || caretMoves || !shown.length) return false;
    activate(active < 0 ? (step > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, active + step)));
    return true;
  }

  function digit(event) {
    // while one types, é is a letter of a name, not the second label: only what the layout writes as a digit is one
    const number = /^\p{Nd}$/u.test(event.key) ? meant(event, (key) => "123456789".includes(key)) : undefined;
    if (!number) return false;
    const typed = field.value.trim();
    // "401" may be the beginning of a label's name: then the digit is a letter like any other
    if (typed && names.some((name) => folded(name).includes(folded(typed + number)))) return false;
    const name = shown[Number(number) - 1];
    if (name === undefined) return Boolean(typed === "");
    take(name);
    return true;
  }

  field.addEventListener("input", arrange);
  list.addEventListener("pointerdown", (event) => event.pointerType === "mouse" && event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option.dataset.label);
  });
  arrange();

  return {
    mark(chosen) {
      marked = chosen;
      for (const [name, { element }] of options) element.setAttribute("aria-selected", String(marked.has(name)));
    },

    suggest(names) {
      for (const [name, { element }] of options) markSuggested(element, names.has(name));
    },

    key(event) {
      if (digit(event) || move(event)) return true;
      if (event.key === "Enter" && active >= 0) {
        take(shown[active]);
        return true;
      }
      if (event.key === "Escape" && (field.value || active >= 0)) {
        field.value = "";
        arrange();
        return true;
      }
      if (event.key === "Escape" && document.activeElement === field) {
        field.blur(); // now the letters are commands
        return true;
      }
      if (event.key === "Backspace" && !field.value && several && marked.size) {
        choose([...marked].at(-1));
        return true;
      }
      return false;
    },

    /** The field waits for letters, except where that would open a keyboard on the glass. */
    focus() {
      if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
    },

    /** Takes `spare` more pixels of height, on a phone, where labels are found by looking; fewer when it is negative. */
    fit(spare) {
      if (!isStacked() || field.value) return;
      const [first, last] = [list.firstElementChild, list.lastElementChild].map((option) => option.getBoundingClientRect());
      const all = last.bottom - first.top;
      const [now, row] = [list.clientHeight, first.height + ROW_GAP_PX];
      const height = Math.min(all, Math.max(LEAST_ROWS, Math.floor((now + spare) / row)) * row);
      // A row more is not worth moving what the thumb has learned.
      if (height < now || height >= now + 2 * row) list.style.setProperty("--labels-height", `${height}px`);
    },

    takesText: true,
    get isEmpty() {
      return field.value === "";
    },
    field,
    shortcuts: [
      [["a", "…", "z"], `find one of ${names.length} labels`],
      [["Enter"], "take the first that fits"],
      [["1", "…", "9"], "take a numbered label; those used last come first"],
      [["Arrows"], "move among the labels"],
      [["Esc"], "clear the field; once more, and letters are commands; close what is open"],
    ],
  };
}

function optionOf(name, place) {
  const element = document.createElement("div");
  element.id = `label-option-${place}`;
  element.className = "option";
  element.dataset.label = name;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  const number = document.createElement("kbd");
  number.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  element.append(number, words);
  return { element, number, words };
}

/** The name with the typed part marked; a long name may break behind its underscores. */
function highlighted(name, typed) {
  const plain = (text) => text.toLowerCase().replaceAll("_", " ");
  const wanted = plain(typed.trim());
  const from = wanted ? plain(name).indexOf(wanted) : -1;
  if (from < 0) return breakable(name);
  const to = from + wanted.length;
  const mark = document.createElement("mark");
  mark.append(...breakable(name.slice(from, to)));
  return [...breakable(name.slice(0, from)), mark, ...breakable(name.slice(to))];
}

function breakable(text) {
  return text.split(/(?<=_)/).flatMap((part) => [part, document.createElement("wbr")]);
}
