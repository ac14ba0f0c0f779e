import { Deck } from "/static/js/lib/deck.js";
import { equal, ok, randomness, test, until } from "./harness.js";

const tasksOf = (...ids) => ids.map((id) => ({ id }));

/** A deck over a server that holds `open` tasks; `asked` are the counts it was asked for. */
function table({ open = [], unsent = new Set() } = {}) {
  const asked = [];
  const server = { open, reached: true };
  const deck = new Deck({
    fetchTasks: async (count) => {
      asked.push(count);
      return server.reached ? tasksOf(...server.open.slice(0, count)) : null;
    },
    unsent: () => unsent,
    changed: () => {},
  });
  return { deck, asked, server, unsent };
}

test("the first open question is on the table, history lies before it", () => {
  const { deck } = table();
  deck.start([{ task: { id: 1 }, given: { answer: "a" } }], tasksOf(2, 3));
  equal(deck.current.task.id, 2);
  equal(deck.isPast, false);
  ok(deck.canGoBack);
  equal(deck.ahead.map((entry) => entry.task.id), [3]);
});

test("a past answer is opened where it lies, and going on leads to the questions", () => {
  const { deck } = table();
  deck.start([1, 2, 9].map((id) => ({ task: { id }, given: { answer: "a" } })), tasksOf(3));
  deck.open(9);
  equal([deck.current.task.id, deck.isPast], [9, true]);
  deck.forward();
  equal(deck.current.task.id, 3);
  deck.open(77);
  equal(deck.current.task.id, 3, "what is not there opens nothing");
});

test("an answer that was sent back is a question again, once what was said to it has arrived", async () => {
  const [back, unsent] = [{ id: 1, returned: { comment: "Sure?", answer: "a" } }, new Set()];
  const deck = new Deck({ fetchTasks: async () => [back, { id: 2 }], unsent: () => unsent, changed: () => {} });
  deck.start([{ task: { id: 1 }, given: { answer: "a" } }], [back, ...tasksOf(2)]);
  equal(deck.current.task, back);
  unsent.add(1);
  deck.give({ answer: "b" });
  await deck.fill({ renew: true });
  equal(deck.current.task.id, 2);
  unsent.clear();
  await deck.fill({ renew: true });
  equal(deck.waiting, 2);
});

test("an answer puts the next open question on the table", () => {
  const { deck } = table({ open: [1, 2] });
  deck.start([], tasksOf(1, 2));
  equal(deck.give({ answer: "a" }).id, 1);
  equal(deck.current.task.id, 2);
  equal(deck.waiting, 1);
});

test("one can go back, take back and forward again", () => {
  const { deck } = table();
  deck.start([], tasksOf(1, 2));
  deck.give({ answer: "a" });
  ok(deck.back());
  ok(deck.isPast);
  equal(deck.takeBack().id, 1);
  equal(deck.current.given, null);
  deck.give({ answer: "b" });
  equal(deck.current.task.id, 2);
  ok(deck.back());
  ok(deck.forward());
  equal(deck.forward(), false);
});

test("at the very beginning there is nothing to go back to", () => {
  const { deck } = table();
  deck.start([], tasksOf(1));
  equal(deck.back(), false);
  equal(deck.current.task.id, 1);
});

test("a question that was answered is never put again, whatever the server offers", async () => {
  const { deck, server, asked } = table({ open: [1, 2] });
  deck.start([], tasksOf(1, 2));
  deck.give({ answer: "a" }); // which fetches by itself
  await new Promise((resolve) => setTimeout(resolve));
  server.open = [1, 2, 3];
  await deck.fill({ renew: true });
  equal(asked.length, 2);
  equal(deck.ahead.map((entry) => entry.task.id), [3]);
});

test("a question the server no longer offers is somebody else's now", async () => {
  const { deck, server } = table();
  deck.start([], tasksOf(1, 2, 3));
  server.open = [1, 3];
  await deck.fill({ renew: true });
  equal(deck.ahead.map((entry) => entry.task.id), [3]);
  server.open = [3];
  await deck.fill({ renew: true });
  ok(deck.current.lost, "the one on the table stays until it is dropped");
  deck.dropLost();
  equal(deck.current.task.id, 3);
});

test("a question whose answer is on its way is not lost though the server does not offer it", async () => {
  const { deck, server, unsent } = table();
  deck.start([], tasksOf(1, 2));
  unsent.add(2);
  server.open = [1];
  await deck.fill({ renew: true });
  equal(deck.waiting, 2);
});

test("without the server nothing is lost and the deck says so", async () => {
  const { deck, server } = table();
  deck.start([], tasksOf(1, 2));
  server.reached = false;
  await deck.fill({ renew: true });
  equal([deck.reached, deck.waiting], [false, 2]);
});

test("more is fetched when few are ready, by as many as are on their way more", async () => {
  const { deck, asked, unsent } = table({ open: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
  unsent.add(91).add(92);
  deck.start([], tasksOf(1));
  await deck.fill();
  equal(asked, [10]);
  equal(deck.waiting, 10);
  await deck.fill();
  equal(asked.length, 1, "enough are ready");
});

test("a server that has nothing more makes the deck dry", async () => {
  const { deck } = table({ open: [1] });
  deck.start([], tasksOf(1));
  await deck.fill();
  ok(deck.dry);
});

test("another tab's answer takes the question off the table", async () => {
  const { deck } = table({ open: [2] });
  deck.start([], tasksOf(1, 2));
  deck.settledElsewhere(1);
  equal(deck.current.task.id, 2);
  deck.settledElsewhere(77);
  equal(deck.current.task.id, 2);
});

test("only the last twenty answers are remembered", () => {
  const { deck } = table();
  deck.start([], tasksOf(...Array.from({ length: 30 }, (_, n) => n)));
  for (let n = 0; n < 25; n += 1) deck.give({ answer: n });
  let steps = 0;
  while (deck.back()) steps += 1;
  equal(steps, 20);
});

test("whatever is pressed in whatever order, nothing given is put again and the cursor stays inside", async () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const random = randomness(seed);
    const given = new Set();
    let next = 0;
    const server = { open: [] };
    const deck = new Deck({
      fetchTasks: async (count) => {
        server.open = server.open.filter((id) => !given.has(id) && random() > 0.1);
        while (server.open.length < count && next < 60) server.open.push(next++);
        return random() < 0.2 ? null : tasksOf(...server.open.slice(0, count));
      },
      unsent: () => new Set(),
      changed: () => {},
    });
    deck.start([], []);
    await deck.fill();
    for (let step = 0; step < 60; step += 1) {
      const choice = random();
      if (choice < 0.5 && deck.current && !deck.isPast) given.add(deck.give({ answer: step }).id);
      else if (choice < 0.65) deck.back();
      else if (choice < 0.75) deck.forward();
      else if (choice < 0.8 && deck.isPast) given.delete(deck.takeBack().id);
      else if (choice < 0.9 && deck.current && !deck.isPast) deck.settledElsewhere(deck.current.task.id);
      else await deck.fill({ renew: random() < 0.5 });
      const ahead = deck.ahead.map((entry) => entry.task.id);
      equal(new Set(ahead).size, ahead.length, `seed ${seed}: a question stands twice`);
      ok(!ahead.some((id) => given.has(id)), `seed ${seed}: a given answer is asked again`);
    }
  }
  await until(() => true);
});
