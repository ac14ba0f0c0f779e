import { VisibleClock } from "/static/js/lib/visible_clock.js";
import { equal, test } from "./harness.js";

/** A clock whose time stands in `at.ms`, and a page that can be hidden. */
function watched(state = "visible") {
  const at = { ms: 1_000 };
  const show = (now) => {
    Object.defineProperty(document, "visibilityState", { value: now, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  show(state);
  return { at, show, clock: new VisibleClock(() => at.ms) };
}

test("time runs from the question on", () => {
  const { at, clock } = watched();
  at.ms += 500;
  equal(clock.elapsedMs, 0, "before the first question");
  clock.restart();
  at.ms += 250.4;
  equal(clock.elapsedMs, 250);
  at.ms += 100;
  equal(clock.elapsedMs, 350);
  clock.restart();
  equal(clock.elapsedMs, 0, "of the next question");
});

test("a hidden tab does not count", () => {
  const { at, show, clock } = watched();
  clock.restart();
  at.ms += 100;
  show("hidden");
  at.ms += 3_600_000;
  equal(clock.elapsedMs, 100);
  show("visible");
  show("visible"); // browsers may say so twice
  at.ms += 50;
  equal(clock.elapsedMs, 150);
});

test("a question that came while the tab was hidden counts from when it is seen", () => {
  const { at, show, clock } = watched("hidden");
  clock.restart();
  at.ms += 10_000;
  equal(clock.elapsedMs, 0);
  show("visible");
  at.ms += 30;
  equal(clock.elapsedMs, 30);
});

test("what was stopped stays as it is until the next question", () => {
  const { at, show, clock } = watched();
  clock.restart();
  at.ms += 70;
  clock.stop();
  at.ms += 1_000;
  show("hidden");
  show("visible");
  at.ms += 1_000;
  equal(clock.elapsedMs, 70);
});
