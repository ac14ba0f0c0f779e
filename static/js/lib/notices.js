// The line above the question. The words are in the page; here they are shown, hidden and filled in.

export class Notices {
  #root;

  constructor(root, actions) {
    this.#root = root;
    root.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      const notice = event.target.closest("[data-notice]");
      if (action === "dismiss") notice.hidden = true;
      else if (action) actions[action]?.();
    });
  }

  set(name, shown, words = {}) {
    const notice = this.#root.querySelector(`[data-notice=${name}]`);
    for (const [slot, text] of Object.entries(words)) notice.querySelector(`[data-slot=${slot}]`).textContent = text;
    if (notice.hidden === !shown) return;
    notice.hidden = !shown;
  }
}
