// What is said to an answer whose truth is known: one sheet after the other, each closed by a key.

/** `words(answer)` says an answer; `closed()` runs once nothing more is said, `finished()` when a practice round is over. */
export class Feedback {
  #sheet;
  #words;
  #say;
  #waiting = [];
  #isOver = false;

  constructor({ sheet, words, say, closed, finished }) {
    this.#sheet = sheet;
    this.#words = words;
    this.#say = say;
    sheet.addEventListener("close", () => {
      if (this.#waiting.length) this.#next();
      else if (this.#isOver) finished();
      else closed();
    });
  }

  /** `entry` is what was sent, `body` the server's answer to it. */
  hear(entry, body) {
    if (body?.practice?.finished) this.#isOver = true;
    if (!body?.feedback) return;
    this.#waiting.push({ entry, feedback: body.feedback });
    if (!this.#sheet.open) this.#next();
  }

  #next() {
    const { entry, feedback } = this.#waiting.shift();
    const part = (name) => this.#sheet.querySelector(`[data-part=${name}]`);
    const said = entry.op === "answer" ? this.#words(entry.body.answer) : "";
    part("verdict").textContent = feedback.right ? "Right" : "Not right";
    this.#sheet.dataset.right = feedback.right ? "yes" : "no";
    part("about").textContent = shortOf(entry.question);
    const image = entry.question?.item?.image;
    part("picture").hidden = !image;
    if (image) part("picture").src = image.src.replace(/size=\d+/, `size=${SMALL_PX}`);
    part("truth").textContent = `True is: ${this.#words(feedback.truth)}.`;
    part("said").textContent = feedback.right && said === this.#words(feedback.truth) ? "" : said ? `You said: ${said}.` : "You skipped it.";
    part("explanation").textContent = feedback.explanation;
    for (const name of ["about", "said", "explanation"]) part(name).hidden = !part(name).textContent;
    this.#sheet.showModal();
    this.#say(`${part("verdict").textContent}. ${part("truth").textContent} ${feedback.explanation}`);
  }
}

const LONGEST = 240;
const SMALL_PX = 320;

/** Which question is meant: the next one is on the table already. */
function shortOf(question) {
  const item = question?.item;
  const text = item?.text || (item?.fields ?? []).map(([name, value]) => `${name}: ${value}`).join(", ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
