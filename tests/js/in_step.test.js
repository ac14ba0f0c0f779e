import { InStep, roomOf } from "/static/js/lib/in_step.js";
import { equal, near, ok, test, until } from "./harness.js";

function box(height) {
  const outer = document.createElement("div");
  outer.style.cssText = "height:100px;overflow:auto";
  const inner = document.createElement("div");
  inner.style.height = `${height}px`;
  outer.append(inner);
  document.body.append(outer);
  return outer;
}

function pair(one, other, otherwise = true) {
  const boxes = [box(one), box(other)];
  const button = document.createElement("button");
  document.body.append(button);
  return { boxes, button, inStep: new InStep(...boxes, { button, key: "k", otherwise }) };
}

test("both end together, however long each is", async () => {
  const { boxes: [one, other] } = pair(500, 1_300);
  one.scrollTop = 200;
  await until(() => other.scrollTop > 0, "the other did not follow");
  near(other.scrollTop, 600, 1);
  one.scrollTop = 400;
  await until(() => other.scrollTop > 1_100);
  near(other.scrollTop, 1_200, 1);
});

test("the other way round too, and nobody is thrown back", async () => {
  const { boxes: [one, other] } = pair(500, 1_300);
  other.scrollTop = 300;
  await until(() => one.scrollTop > 0);
  near(one.scrollTop, 100, 1);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  near(other.scrollTop, 300, 1);
});

test("off means alone, and the choice is remembered", async () => {
  const { boxes: [one, other], inStep, button } = pair(500, 1_300);
  button.click();
  equal([inStep.on, button.getAttribute("aria-pressed")], [false, "false"]);
  one.scrollTop = 200;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  equal(other.scrollTop, 0);
  equal(pair(500, 1_300, true).inStep.on, false);
});

test("switched on again it catches up", async () => {
  const { boxes: [one, other], inStep } = pair(500, 1_300, false);
  one.scrollTop = 200;
  inStep.toggle();
  await until(() => other.scrollTop > 0);
  near(other.scrollTop, 600, 1);
});

test("it is offered where both have more than they show", () => {
  ok(pair(500, 1_300).inStep.isOffered);
  ok(!pair(500, 50).inStep.isOffered);
  ok(!pair(50, 50).inStep.isOffered);
});

test("a new question begins at the top", async () => {
  const { boxes: [one, other], inStep } = pair(500, 1_300);
  one.scrollTop = 200;
  await until(() => other.scrollTop > 0);
  inStep.top();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  equal([one.scrollTop, other.scrollTop], [0, 0]);
});

test("a pixel of room is none", () => {
  equal(roomOf(box(101)), 0);
  equal(roomOf(box(150)), 50);
});
