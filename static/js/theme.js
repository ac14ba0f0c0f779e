// A classic script, loaded before anything is painted: a page must not flash in the wrong colours.
(function () {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is forbidden: the system's colours are used
    }
  }

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  show(stored());
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
  addEventListener("click", (event) => {
    const toggle = event.target.closest?.("[data-theme-toggle]");
    if (!toggle) return;
    const shown = root.dataset.theme || (dark.matches ? "dark" : "light");
    const next = shown === "dark" ? "light" : "dark";
    show(next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // kept for this page only
    }
  });
})();
