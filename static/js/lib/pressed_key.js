// What a key press may mean, whatever the layout: the page's keys are Latin letters, digits and marks; a keyboard may write others.
//
// What the layout writes comes first, so that AZERTY, QWERTZ and Dvorak mean what is printed on the key. Its place on the
// keyboard counts only where the layout does not write Latin, and for digits that need Shift (AZERTY, Czech, Vietnamese).

const MARKS = { Slash: "/?", Minus: "-_", Equal: "=+" };

// Layouts of other alphabets have marks where Latin ones have letters (the Greek Q writes ";"). So does Dvorak, where the place
// means nothing. Which of the two it is, the letters pressed before tell.
let writesLatin = true;

/** The first key this press may stand for that is bound, named as in tables of keys (letters in lower case); else undefined. */
export function meant(event, isBound) {
  return candidates(event).find(isBound);
}

/** The press belongs to an input method (Japanese, Korean, Chinese): it is no key yet. Safari says 229 of the last one. */
export function isComposing(event) {
  return event.isComposing || event.key === "Process" || event.keyCode === 229;
}

function candidates(event) {
  const { key } = event;
  if (isNamed(key) && key !== "Dead") return [key];
  const written = isNamed(key) ? [] : [key.toLowerCase()];
  // With AltGr a layout writes characters of its own: nothing else is meant.
  return event.getModifierState?.("AltGraph") ? written : [...written, ...byPlace(key, event)];
}

function byPlace(key, { code, shiftKey }) {
  const foreign = isForeign(key);
  if (foreign || /^\p{L}$/u.test(key)) writesLatin = !foreign;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit) return shiftKey ? [] : [digit];
  const letter = /^Key([A-Z])$/.exec(code)?.[1].toLowerCase();
  if (letter) return writesLatin ? [] : [letter];
  const mark = foreign && MARKS[code]?.[Number(shiftKey)]; // "؟" for "?"
  return mark ? [mark] : [];
}

/** "Enter", "Dead", "F1"; one press may also write two letters (Arabic lam-alef). */
function isNamed(key) {
  return key.length > 1 && /^[A-Z]/.test(key);
}

/** Of an alphabet of its own, digits and marks included; a mark that many alphabets share is not. */
function isForeign(key) {
  return !isNamed(key) && !/^[\p{scx=Zyyy}\p{scx=Zinh}\p{scx=Latin}]/u.test(key);
}
