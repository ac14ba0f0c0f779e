// What a model said and why, as parts of a page. Colours never speak alone: each marked word stands in a list as well.

const BARS_SHOWN = 8;
const VALUE_LENGTH = 40;
const SIDES = { supports: ["for", "Spoke for"], opposes: ["against", "Spoke against"] };
const STATUS = {
  ok: ["Decided", "badge--good", "Like what it learned from, and decided."],
  unsure: ["Unsure", "badge--warn", "Like what it learned from, but undecided: a person had better look."],
  outlier: ["Outlier", "badge--bad", "Unlike anything it learned from."],
  // of a project with one label
  unknown: ["Unknown pattern", "badge--warn", "Unlike the items that have the label."],
};
const LEFT_OUT = "Each word was left out in turn, and the model asked again. Of a long text some words at a time.";
const AVERAGED = "Each column was given the average of the labeled items in turn, or for a small model left empty, and the model asked again.";
const BANDS = { high: "high band", medium: "medium band", low: "low band" };

/** The text in pieces, `[{text, side}]`: side is "for", "against" or "". Places count code points. */
export function pieces(text, evidence) {
  const points = [...text];
  const sides = new Array(points.length).fill("");
  for (const [name, [side]] of Object.entries(SIDES)) {
    for (const { at = [] } of evidence[name]) for (const [from, to] of at) sides.fill(side, from, to);
  }
  const found = [];
  points.forEach((point, place) => {
    if (found.at(-1)?.side === sides[place]) found.at(-1).text += point;
    else found.push({ text: point, side: sides[place] });
  });
  return found;
}

/** Labels that are said, of whatever kind the answer is. */
export function saidOf({ label, labels, rating }) {
  if (labels !== undefined) return labels;
  return label !== undefined ? [label] : rating !== undefined ? [String(rating)] : [];
}

export function percent(share) {
  const rounded = Math.round(1_000 * share) / 10;
  if (share < 1 && rounded === 100) return "over 99.9 %";
  if (share > 0 && rounded === 0) return "under 0.1 %";
  return `${rounded} %`;
}

/** One line for who does not see the page. */
export function inWords(said) {
  const what = saidOf(said).join(", ") || (said.status === "outlier" || said.status === "unknown" ? "no label" : "none of the labels");
  const how = saidOf(said).length && said.probabilities ? `, ${percent(said.sure)} sure` : "";
  return `Model ${said.model} says: ${what}. ${STATUS[said.status][0]}${how}.`;
}

/** All of the answer. `asked` is the text that was sent, "" of anything else; `addresses` make links of numbers. */
export function explained(said, { asked, item, model, force }) {
  const [word, sort, sentence] = STATUS[said.status];
  const labels = saidOf(said);
  const isTold = said.probabilities !== undefined;
  const head = node("div", "predict__said", [
    node("bdi", "predict__label", labels.join(", ") || (isTold ? "None of the labels" : "No label")),
    node("span", `badge ${sort}`, word),
    said.band && isTold ? node("span", "badge", BANDS[said.band]) : "",
    link("quiet", model(said.model), `model ${said.model}`),
  ]);
  const about = node("p", "soft", [sentence, isTold || labels.length ? "" : " So it gives no label."]);
  const parts = [head, about];
  if (!isTold && !labels.length) {
    const button = node("button", "button button--small", "Say the likeliest label all the same");
    button.type = "button";
    button.addEventListener("click", force);
    parts.push(node("p", "", [button]));
  } else if (isTold) parts.push(bars(said.probabilities, labels));
  if (said.why) parts.push(...reasons(said.why, asked, item));
  return parts;
}

function bars(probabilities, labels) {
  const sorted = Object.entries(probabilities).sort(([, one], [, other]) => other - one);
  const list = (some) =>
    node("ul", "predict__bars", some.map(([name, share]) => {
      const fill = node("span", "predict__fill");
      fill.style.width = `${100 * share}%`;
      const rail = node("span", "predict__rail", [fill]);
      rail.setAttribute("aria-hidden", "true");
      return node("li", labels.includes(name) ? "is-said" : "", [node("bdi", "", name), rail, node("span", "number", percent(share))]);
    }));
  const few = list(sorted.slice(0, BARS_SHOWN));
  if (sorted.length <= BARS_SHOWN) return few;
  const summary = node("summary", "", `${sorted.length - BARS_SHOWN} more labels`);
  return node("div", "", [few, node("details", "fold gap-small", [summary, list(sorted.slice(BARS_SHOWN))])]);
}

function reasons({ nearest, evidence, note }, asked, item) {
  const parts = evidence.map((spoken) => {
    const heading = node("h3", "", ["What spoke for and against ", node("bdi", "", spoken.label)]);
    const marked = asked ? node("p", "predict__text gap-small", pieces(asked, spoken).map(({ text, side }) =>
      side ? node("mark", `spoke spoke--${side}`, text) : text)) : "";
    const lists = Object.entries(SIDES).map(([name, [side, words]]) =>
      node("div", "", [node("h4", "small", words), spoken[name].length ? node("ul", "", spoken[name].map((part) => spoke(part, side)))
        : node("p", "quiet", "nothing much")]));
    return node("section", "", [heading, marked, node("div", "spoke__lists", lists), node("p", "quiet", asked ? LEFT_OUT : AVERAGED)]);
  });
  if (nearest.length) {
    parts.push(node("section", "", [node("h3", "", "Labeled items most like it"),
      node("ul", `near gap-small${nearest.some((one) => one.preview) ? " near--pictures" : ""}`, nearest.map((one) => node("li", "", [near(one, item(one.item))])))]));
  }
  if (note) parts.push(node("p", "quiet", note));
  return parts;
}

/** A word or a column, and how probable the label is without it. */
function spoke({ words, column, value, without }, side) {
  const name = words !== undefined ? [node("mark", `spoke spoke--${side}`, words)]
    : [node("span", "strong", column), " ", node("bdi", "soft", shortOf(value))];
  return node("li", "", [node("span", "", name), node("span", "quiet number nowrap", `without it ${percent(without)}`)]);
}

function near({ item, label, similarity, text, fields, preview }, address) {
  const parts = [];
  if (preview) {
    const picture = node("img");
    picture.src = `${preview}?size=320`;
    picture.alt = "";
    picture.loading = "lazy";
    parts.push(picture);
  }
  if (text) parts.push(node("span", "near__text", text));
  if (fields) {
    parts.push(node("span", "near__text", Object.entries(fields).flatMap(([name, value]) => [node("span", "quiet", name), ` ${shortOf(value)} `])));
  }
  const given = label || "none of the labels"; // where an item may have any number of them
  parts.push(node("span", "near__facts", [node("bdi", "badge", given), node("span", "quiet number", `${percent(Math.max(0, similarity))} alike`)]));
  const found = link("", address, parts);
  found.setAttribute("aria-label", `Item ${item}, ${given}, ${percent(Math.max(0, similarity))} alike`);
  return found;
}

function shortOf(value) {
  const text = value === null || value === undefined || value === "" ? "missing" : String(value);
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}

function link(name, address, inside) {
  const found = node("a", name, inside);
  found.href = address;
  return found;
}

function node(tag, name = "", inside = []) {
  const found = document.createElement(tag);
  if (name) found.className = name;
  found.append(...[inside].flat());
  return found;
}
