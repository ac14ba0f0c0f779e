// How wide the page is, in three words: what stood side by side on a wide page stands above one another on a narrow one.

const narrow = matchMedia("(max-width: 720px)"); // as in annotate.css and pairwise.css
const medium = matchMedia("(max-width: 1100px)");

export function viewportClass() {
  return narrow.matches ? "narrow" : medium.matches ? "medium" : "wide";
}

/** Whether the two of a pair stand above one another: then the upper one is the left one. */
export function isStacked() {
  return narrow.matches;
}

/** Calls back whenever the two change between side by side and above one another. */
export function onStacking(changed) {
  narrow.addEventListener("change", changed);
}
