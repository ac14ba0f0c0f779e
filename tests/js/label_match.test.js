import { folded, matches, Recent } from "/static/js/lib/label_match.js";
import { equal, ok, randomness, test } from "./harness.js";

const BANK = ["card_arrival", "card_linking", "card_payment_fee_charged", "cash_withdrawal", "exchange_rate", "Visa or Mastercard"];

test("nothing typed is every label in its order", () => {
  equal(matches(BANK, ""), BANK);
  equal(matches(BANK, "   "), BANK);
});

test("the whole name comes first, then its beginning, then a word's beginning, then anywhere", () => {
  equal(matches(["discard", "a card", "card game", "card"], "card"), ["card", "card game", "a card", "discard"]);
});

test("case, accents and the marks between words do not matter", () => {
  equal(folded("Crème_Brûlée-x/y"), "creme brulee x y");
  equal(matches(["Crème brûlée"], "creme BRU"), ["Crème brûlée"]);
  equal(matches(BANK, "card arrival"), ["card_arrival"]);
});

test("initials find a label of many words, and a family of labels by some of them or by more letters of each", () => {
  equal(matches(BANK, "cpfc"), ["card_payment_fee_charged"]);
  const family = ["compare", "card_payment_wrong_exchange_rate", "card_payment_fee_charged", "copper", "cash_payout"];
  equal(matches(family, "cpe")[0], "card_payment_wrong_exchange_rate", "before letters anywhere in order");
  equal(matches(family, "capafe"), ["card_payment_fee_charged"]);
  equal(matches(family, "cp"), ["card_payment_wrong_exchange_rate", "card_payment_fee_charged", "cash_payout"]);
});

test("words may be begun in any order", () => {
  equal(matches(BANK, "fee card"), ["card_payment_fee_charged"]);
});

test("letters in order are the last resort, from three letters on", () => {
  equal(matches(["exchange_rate"], "xgr"), ["exchange_rate"]);
  equal(matches(["exchange_rate"], "xg"), []);
});

test("what fits nothing gives nothing", () => {
  equal(matches(BANK, "zebra"), []);
});

test("equally good labels keep their order", () => {
  equal(matches(["card b", "card a"], "card"), ["card b", "card a"]);
});

test("other scripts are matched as they are", () => {
  equal(matches(["спам", "не спам"], "спам"), ["спам", "не спам"]);
  equal(matches(["猫", "犬"], "犬"), ["犬"]);
});

test("every label is found by its own name, whatever it is called", () => {
  const random = randomness(1);
  const letters = "abcÄéß _-/.9ж猫";
  for (let round = 0; round < 200; round += 1) {
    const name = Array.from({ length: 1 + random() * 12 }, () => letters[Math.floor(random() * letters.length)]).join("");
    ok(matches([name, "other"], name).includes(name), JSON.stringify(name));
  }
});

test("a label keeps its digit while it is among the nine last used", () => {
  const recent = new Recent("r", ["a", "b", "c"], 2);
  for (const name of ["a", "b", "a"]) recent.use(name);
  equal(recent.names, ["a", "b"]);
  recent.use("c");
  equal(recent.names, ["a", "c"], "b was not used for longest");
});

test("the digits survive a reload, labels that are gone lose theirs", () => {
  const recent = new Recent("r", ["a", "b"], 9);
  recent.use("b");
  recent.use("a");
  equal(new Recent("r", ["a", "b"]).names, ["b", "a"]);
  equal(new Recent("r", ["a"]).names, ["a"]);
});

test("nonsense in the storage gives no digits", () => {
  localStorage.setItem("r:slots", "7");
  equal(new Recent("r", ["a"]).names, []);
});
