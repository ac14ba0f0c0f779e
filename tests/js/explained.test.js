import { explained, inWords, percent, pieces } from "/static/js/lib/explained.js";
import { ask } from "/static/js/lib/predicting.js";
import { equal, ok, test } from "./harness.js";

const SPOKEN = {
  label: "spam",
  supports: [{ words: "win", at: [[3, 6]], effect: 1.2, without: 0.5 }],
  opposes: [{ words: "😀b", at: [[0, 2]], effect: -0.3, without: 0.95 }],
};
const SAID = {
  row: 1, id: "7", status: "unsure", label: "spam", probabilities: { ham: 0.1, spam: 0.9 }, sure: 0.9, band: "low", model: 4,
  why: { nearest: [{ item: 12, label: "spam", similarity: 0.8734, text: "<b>win</b>" }, { item: 13, label: "", similarity: 0.2 }], evidence: [SPOKEN], note: "" },
};
const asked = { asked: "😀b win", item: (n) => `/items/${n}/`, model: (n) => `/models/${n}/`, force: () => {} };

test("places count code points, and what is between the words is nobody's", () => {
  equal(pieces("😀b win!", SPOKEN), [
    { text: "😀b", side: "against" }, { text: " ", side: "" }, { text: "win", side: "for" }, { text: "!", side: "" },
  ]);
});

test("an answer says label, status, bars, words and neighbours, and shows no markup of others", () => {
  document.body.append(...explained(SAID, asked));
  const found = document.body;
  equal(found.querySelector(".predict__label").textContent, "spam");
  equal([...found.querySelectorAll(".predict__bars .number")].map((one) => one.textContent), ["90 %", "10 %"]);
  equal([...found.querySelectorAll(".predict__text mark")].map((one) => [one.className, one.textContent]), [
    ["spoke spoke--against", "😀b"], ["spoke spoke--for", "win"],
  ]);
  ok(found.textContent.includes("without it 50 %"), "marks are words in a list as well");
  equal(found.querySelector(".near a").getAttribute("href"), "/items/12/");
  equal(found.querySelector(".near b"), null);
  equal([...found.querySelectorAll(".near .badge")].map((one) => one.textContent), ["spam", "none of the labels"]);
  equal(inWords(SAID), "Model 4 says: spam. Unsure, 90 % sure.");
  equal([percent(0.99999), percent(1), percent(0.0001), percent(0)], ["over 99.9 %", "100 %", "under 0.1 %", "0 %"]);
});

test("an outlier has no label and a button that asks for one", () => {
  let forced = 0;
  const { label, probabilities, ...odd } = SAID;
  document.body.append(...explained({ ...odd, status: "outlier", why: { nearest: [], evidence: [], note: "None." } }, { ...asked, force: () => (forced += 1) }));
  equal(document.querySelector(".predict__label").textContent, "No label");
  document.querySelector("button").click();
  equal([forced, document.querySelector(".predict__bars")], [1, null]);
  equal(inWords({ ...odd, status: "outlier" }), "Model 4 says: no label. Outlier.");
  equal(inWords({ ...odd, status: "unknown" }), "Model 4 says: no label. Unknown pattern.");
  equal(inWords({ model: 4, status: "ok", label: "spam" }), "Model 4 says: spam. Decided.");
  const only = explained({ model: 4, status: "ok", label: "spam" }, { ...asked, force: () => 0 });
  equal(only.some((part) => part.textContent.includes("gives no label") || part.querySelector?.("button")), false);
});

test("it asks again by itself while the predictor starts, and says every other refusal in words", async () => {
  const told = [], paused = [];
  const answers = [
    { status: 503, retryAfterS: 2 }, { status: 503, retryAfterS: 0 }, { status: 200, body: [SAID], retryAfterS: 0 },
  ];
  const by = (some) => ({ send: async () => some.shift(), waiting: (words) => told.push(words), pause: async (ms) => paused.push(ms) });
  equal((await ask(by(answers))).said.id, "7");
  equal([told, paused], [["The predictor starts, which takes some seconds.", "The predictor starts. Asked 2 times."], [2000, 1000]]);
  const trouble = async (answer) => (await ask(by([answer]))).trouble;
  equal(await trouble({ status: 409, body: { detail: "No model." } }), "No model.");
  equal(await trouble({ status: 400, body: { rows: ["There is no such field."] } }), "There is no such field.");
  equal(await trouble({ status: 429, body: { detail: "Too many." }, retryAfterS: 9 }), "Too many. Again in 9 s.");
  equal(await trouble({ status: 0 }), "No connection to the server. Try again.");
  equal(await trouble({ status: 200, body: [{ row: 1, status: "refused", reason: "Empty." }] }), "This cannot be asked about: Empty.");
  const stopped = new AbortController();
  stopped.abort();
  equal(await ask({ ...by([{ status: 503 }]), signal: stopped.signal }), {});
});
