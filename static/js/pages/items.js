// The page of items: the facets fold away where there is no room beside the items.

const facets = document.querySelector("[data-facets]");
if (facets && matchMedia("(max-width: 860px)").matches) facets.open = false;
