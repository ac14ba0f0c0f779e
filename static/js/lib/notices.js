// The line of notices in the head of the page. The words are in the page; here they are shown, hidden and filled in.

export class Notices {
  #root;
  #dismissed = new Map(); // by name, what it was about when it was closed

  /** `root` is what all notices are in. */
  constructor(root, actions) {
    this.#root = root;
    root.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      const notice = event.target.closest("[data-notice]");
      if (!notice || !action) return;
      if (action === "dismiss") this.#dismiss(notice);
      else actions[action]?.();
    });
  }

  /** One that was closed stays closed until it no longer holds, or `about` is another. */
  set(name, shown, words = {}, about = "") {
    const notice = this.#root.querySelector(`[data-notice=${name}]`);
    notice.dataset.about = about;
    for (const [slot, text] of Object.entries(words)) notice.querySelector(`[data-slot=${slot}]`).textContent = text;
    if (!shown || this.#dismissed.get(name) !== about) this.#dismissed.delete(name);
    const hidden = !shown || this.#dismissed.has(name);
    if (notice.hidden !== hidden) notice.hidden = hidden;
  }

  #dismiss(notice) {
    this.#dismissed.set(notice.dataset.notice, notice.dataset.about ?? "");
    notice.hidden = true;
  }
}
