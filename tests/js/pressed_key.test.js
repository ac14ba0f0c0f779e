import { commandOf, namesByKey } from "/static/js/lib/commands.js";
import { isComposing, meant } from "/static/js/lib/pressed_key.js";
import { equal, ok, test } from "./harness.js";

const BOUND = new Set(["a", "q", "s", "z", "ñ", "1", "2", "?", "-", "Enter", "ArrowLeft"]);

function press(key, code, { shift = false, altGr = false, ctrl = false, meta = false, alt = false } = {}) {
  const modifierAltGraph = altGr;
  return new KeyboardEvent("keydown", { key, code, shiftKey: shift, ctrlKey: ctrl, metaKey: meta, altKey: alt, modifierAltGraph });
}

const found = (...pressed) => meant(press(...pressed), (key) => BOUND.has(key));

/** The layout tells by its letters what it is: a Latin one is pressed before each case. */
function latin() {
  found("m", "KeyM");
}

test("what a Latin layout writes counts, wherever it lies", () => {
  latin();
  equal(found("a", "KeyA"), "a");
  equal(found("a", "KeyQ"), "a", "AZERTY");
  equal(found("z", "KeyY"), "z", "QWERTZ");
  equal(found("x", "KeyQ"), undefined, "the place of q means nothing there");
  equal(found("A", "KeyA", { shift: true }), "a");
  equal(found("ñ", "Semicolon"), "ñ", "labels have keys of their own alphabet");
});

test("where another alphabet is written the place counts", () => {
  for (const [key, code, expected] of [
    ["ф", "KeyA", "a"],
    ["Ф", "KeyA", "a"],
    ["ς", "KeyW", undefined],
    ["σ", "KeyS", "s"],
    ["ش", "KeyA", "a"],
    ["ק", "KeyE", undefined],
  ]) {
    latin();
    equal(found(key, code), expected, key);
  }
});

test("the mark where others have a letter counts by its place once another alphabet was written", () => {
  latin();
  equal(found(";", "KeyQ"), undefined, "Dvorak: it writes Latin");
  found("σ", "KeyS");
  equal(found(";", "KeyQ"), "q", "Greek");
});

test("digits are found without Shift on layouts that need it, in rows and pads and in other digits", () => {
  latin();
  equal(found("&", "Digit1"), "1", "AZERTY");
  equal(found("ě", "Digit2"), "2", "Czech");
  equal(found("1", "Numpad1"), "1");
  equal(found("١", "Digit1"), "1", "Arabic");
  equal(found("!", "Digit1", { shift: true }), undefined, "a mark with Shift is a mark");
});

test("marks, dead keys and named keys", () => {
  latin();
  equal(found("?", "Slash", { shift: true }), "?");
  equal(found("؟", "Slash", { shift: true }), "?", "Arabic");
  equal(found("Enter", "Enter"), "Enter");
  equal(found("ArrowLeft", "ArrowLeft"), "ArrowLeft");
  equal(found("Dead", "Digit2"), "2");
  equal(found("F1", "F1"), undefined);
});

test("a character of AltGr means itself and nothing else", () => {
  latin();
  equal(found("@", "KeyQ", { altGr: true }), undefined);
  found("ф", "KeyA");
  equal(found("€", "KeyA", { altGr: true }), undefined);
});

test("what an input method is still writing is no key", () => {
  ok(isComposing({ isComposing: true, key: "a", keyCode: 65 }));
  ok(isComposing({ isComposing: false, key: "Process", keyCode: 229 }));
  ok(isComposing({ isComposing: false, key: "Enter", keyCode: 229 }), "Safari");
  ok(!isComposing({ isComposing: false, key: "Enter", keyCode: 13 }));
});

test("a command is found with its modifiers, and never with Alt", () => {
  latin();
  const byKey = namesByKey({ undo: ["Backspace", "mod+z"], forward: ["mod+shift+z"], skip: ["s"] });
  equal(commandOf(press("Backspace", "Backspace"), byKey), "undo");
  equal(commandOf(press("z", "KeyZ", { ctrl: true }), byKey), "undo");
  equal(commandOf(press("z", "KeyZ", { meta: true }), byKey), "undo");
  equal(commandOf(press("Z", "KeyZ", { ctrl: true, shift: true }), byKey), "forward");
  equal(commandOf(press("s", "KeyS"), byKey), "skip");
  equal(commandOf(press("s", "KeyS", { alt: true }), byKey), undefined);
  equal(commandOf(press("s", "KeyS", { ctrl: true }), byKey), undefined, "Ctrl S belongs to the browser");
  found("я", "KeyZ");
  equal(commandOf(press("я", "KeyZ", { ctrl: true }), byKey), "undo", "on a Russian keyboard, too");
});
