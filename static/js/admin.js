// What Django's own script of a choice among many leaves out. A classic script: it must hear "load" after that one does.
window.addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".search-label-icon[aria-label]")) {
    icon.setAttribute("role", "img"); // a <span> without a role may have no name
    const field = icon.closest("label")?.control;
    field?.setAttribute("aria-label", icon.getAttribute("aria-label")); // the icon is not shown on a phone
  }
});
