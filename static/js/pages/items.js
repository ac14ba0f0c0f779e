// The page of items: j and k walk, the facets fold away where there is no room beside the items.

const links = [...document.querySelectorAll("[data-walk]")];

const KEYS = { j: 1, k: -1 };

document.addEventListener("keydown", (event) => {
  const step = KEYS[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const here = links.indexOf(document.activeElement.closest("[data-walk]"));
  links[here === -1 ? (step > 0 ? 0 : links.length - 1) : here + step]?.focus();
  event.preventDefault();
});

const facets = document.querySelector("[data-facets]");
if (facets && matchMedia("(max-width: 860px)").matches) facets.open = false;
