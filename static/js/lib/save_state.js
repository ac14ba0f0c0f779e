// What became of the answers, in the corner of the page, and the sheet that lists those that are not on the server.

const SLOW_MS = 500; // an answer that is saved sooner is not worth a word
const LASTING_MS = 2_500; // a server that restarts needs no banner

export class SaveState {
  #button;
  #words;
  #sheet;
  #list;
  #outbox;
  #notices;
  #describe;
  #timer = 0;
  #troubleSince = 0;
  #saidTrouble = false;

  constructor({ button, sheet, outbox, notices, describe, say }) {
    this.#button = button;
    this.#words = button.querySelector("[data-text]");
    this.#sheet = sheet;
    this.#list = sheet.querySelector("[data-part=entries]");
    this.#outbox = outbox;
    this.#notices = notices;
    this.#describe = describe;
    this.say = say;
    button.addEventListener("click", () => this.open());
    sheet.querySelector("[data-action=send]").addEventListener("click", () => outbox.wake());
    this.#list.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-entry]");
      if (!pressed) return;
      if (pressed.dataset.action === "retry") outbox.retry(pressed.dataset.entry);
      else if (pressed.dataset.sure) outbox.discard(pressed.dataset.entry);
      else {
        pressed.dataset.sure = "yes";
        pressed.textContent = "Discard for ever?";
      }
    });
  }

  open() {
    this.#drawList();
    this.#sheet.showModal();
  }

  draw() {
    const { unsent, refused, status } = this.#outbox;
    const count = unsent.length;
    const offline = !navigator.onLine;
    const trouble = count > 0 && (offline || status === "waiting" || status === "signed-out" || status === "other-user");
    const slow = count > 0 && Date.now() - unsent[0].at > SLOW_MS;

    let state = "saved";
    let words = "Saved";
    if (trouble || (slow && count > 1)) [state, words] = [trouble ? "unsent" : "saving", `${count} unsent`];
    else if (slow) [state, words] = ["saving", "Saving…"];
    else if (refused.length) [state, words] = ["refused", `${refused.length} refused`];
    this.#button.dataset.state = state;
    this.#button.dataset.unsent = count;
    if (this.#words.textContent !== words) this.#words.textContent = words;

    this.#drawNotices({ count, refused, status, offline, trouble });
    if (this.#sheet.open) this.#drawList();
    clearTimeout(this.#timer);
    if (count) this.#timer = setTimeout(() => this.draw(), slow ? 1_000 : SLOW_MS + 20);
  }

  #drawNotices({ count, refused, status, offline, trouble }) {
    if (!trouble) this.#troubleSince = 0;
    else this.#troubleSince ||= Date.now();
    const lasts = trouble && Date.now() - this.#troubleSince > LASTING_MS;
    const what = offline ? "No connection." : this.#outbox.trouble || "No connection.";
    this.#notices.set("offline", offline || (status === "waiting" && lasts), { what, count: unsentWords(count) });
    this.#notices.set("signed-out", status === "signed-out", { count: unsentWords(count) });
    this.#notices.set("other-user", status === "other-user", { name: this.#outbox.otherUser ?? "somebody else" });
    const lost = refused.filter((entry) => entry.refused.code === "lease-lost").length;
    this.#notices.set("refused", refused.length > 0, {
      count: refused.length === 1 ? "One answer was not accepted" : `${refused.length} answers were not accepted`,
      why: lost === refused.length ? ": the question had been given to somebody else meanwhile." : ".",
    }, String(refused.length));
    if (lasts && !this.#saidTrouble) this.say(`${what} Your answers are kept here and sent later.`);
    if (!trouble && this.#saidTrouble) this.say("All answers are saved.");
    this.#saidTrouble = trouble && (lasts || this.#saidTrouble);
  }

  #drawList() {
    const { unsent, refused } = this.#outbox;
    const all = [...refused, ...unsent];
    this.#sheet.querySelector("[data-part=none]").hidden = all.length > 0;
    this.#sheet.querySelector("[data-action=send]").hidden = unsent.length === 0;
    const sure = this.#list.querySelector("[data-sure]")?.dataset.entry;
    this.#list.replaceChildren(...all.map((entry) => this.#rowOf(entry, entry.key === sure)));
  }

  #rowOf(entry, sure) {
    const row = document.createElement("li");
    const what = document.createElement("strong");
    what.textContent = this.#describe(entry);
    const about = document.createElement("span");
    about.className = "entry__about";
    about.textContent = aboutOf(entry.question);
    row.append(what, about);
    if (!entry.refused) return row;
    const reason = document.createElement("span");
    reason.className = "entry__reason";
    reason.textContent = entry.refused.reason;
    row.append(reason, actionOf(entry, "retry", "Try again"), actionOf(entry, "discard", sure ? "Discard for ever?" : "Discard"));
    if (sure) row.lastElementChild.dataset.sure = "yes";
    return row;
  }
}

function unsentWords(count) {
  if (count === 0) return "Everything you answered is saved.";
  return count === 1 ? "One answer is kept in this browser." : `${count} answers are kept in this browser.`;
}

function aboutOf(question) {
  const { text, fields, id } = question.item ?? { ...question.context, fields: question.context.facts, id: question.id };
  const words = text || fields.map(([name, value]) => `${name} ${value}`).join(", ") || `picture ${id}`;
  return words.length > 120 ? `${words.slice(0, 120)}…` : words;
}

function actionOf(entry, action, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small";
  button.dataset.action = action;
  button.dataset.entry = entry.key;
  button.textContent = words;
  return button;
}
