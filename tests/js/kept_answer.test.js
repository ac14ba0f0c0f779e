import { KeptAnswer } from "/static/js/lib/kept_answer.js";
import { equal, ok, test, until } from "./harness.js";

const SEEN_MS = 300;

function kept() {
  Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
  document.body.innerHTML = "<div id=strip hidden><span data-text></span><button>Take back</button></div>";
  const strip = document.querySelector("#strip");
  const page = { ready: true, given: [] };
  const answer = new KeptAnswer({
    strip,
    give: (entry, given) => page.given.push([entry, given]),
    isReady: () => page.ready,
    words: (given) => given.label,
  });
  return { answer, page, strip, said: () => strip.textContent.replace("Take back", "") };
}

const longer = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("an answer waits for its picture and is given once, for the question it was pressed for", async () => {
  const { answer, page, strip, said } = kept();
  answer.keep("first", { label: "cat" });
  ok(!strip.hidden && said().startsWith("cat:"), said());
  await longer(SEEN_MS + 60);
  equal(page.given, [], "nothing before the picture");
  answer.pictureIsThere();
  equal(page.given, [], "nor before it could be seen");
  await until(() => page.given.length);
  equal(page.given, [["first", { label: "cat" }]]);
  ok(strip.hidden);
  answer.pictureIsThere();
  await longer(SEEN_MS + 60);
  equal(page.given.length, 1);
});

test("a later press takes the place of the one before", async () => {
  const { answer, page } = kept();
  answer.keep("first", { label: "cat" });
  answer.pictureIsThere();
  answer.keep("first", { label: "dog" });
  answer.pictureIsThere();
  await until(() => page.given.length);
  await longer(SEEN_MS + 60);
  equal(page.given, [["first", { label: "dog" }]]);
});

test("what was dropped in time is not given", async () => {
  const { answer, page, strip } = kept();
  equal(answer.drop(), false);
  answer.keep("first", { label: "cat" });
  answer.pictureIsThere();
  equal([answer.drop(), strip.hidden], [true, true]);
  await longer(SEEN_MS + 60);
  equal(page.given, []);
});

test("a picture behind a sheet or in a hidden tab is not seen", async () => {
  const { answer, page } = kept();
  const sheet = document.body.appendChild(document.createElement("dialog"));
  sheet.showModal();
  answer.keep("first", { label: "cat" });
  answer.pictureIsThere();
  await longer(SEEN_MS + 60);
  equal(page.given, []);
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  sheet.close();
  await longer(SEEN_MS + 60);
  equal(page.given, []);
  Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
  await until(() => page.given.length);
});

test("a picture that went away again takes nothing with it", async () => {
  const { answer, page } = kept();
  answer.keep("first", { label: "cat" });
  page.ready = false;
  answer.pictureIsThere();
  await longer(SEEN_MS + 60);
  equal(page.given, []);
  page.ready = true;
  answer.pictureIsThere();
  await until(() => page.given.length);
});

test("a press that cannot be kept leaves a word and nothing to take back", () => {
  const { answer, page, strip, said } = kept();
  answer.refuse("Not yet.");
  equal([said(), strip.hidden, strip.querySelector("button").hidden], ["Not yet.", false, true]);
  answer.pictureIsThere();
  equal([strip.hidden, page.given], [true, []]);
});
