import { Drafts } from "/static/js/lib/drafts.js";
import { LocalStore } from "/static/js/lib/outbox_store.js";
import { Remarks, remarkBody, remarkIn, remarkWords } from "/static/js/lib/remark.js";
import { equal, ok, test } from "./harness.js";

const NOTHING = { doubt: false, comment: "" };

function page() {
  document.body.innerHTML = `<div id=strip hidden><button data-command=doubt></button><button data-command=comment><i data-text></i></button></div>
    <form id=form hidden><input name=comment><button></button><button type=button data-part=close></button></form><div id=bar></div>`;
  const [strip, form, covered] = ["#strip", "#form", "#bar"].map((place) => document.querySelector(place));
  const revised = [];
  const made = () =>
    new Remarks({
      strip, form, covered, drafts: new Drafts(new LocalStore("remarks"), 0), closed: () => {},
      revise: (entry, remark) => {
        revised.push(remark);
        entry.given = { ...entry.given, ...remark };
      },
    });
  const write = (remarks, entry, words) => {
    remarks.open(entry);
    form.elements.comment.value = words;
    form.requestSubmit();
  };
  return { strip, form, covered, revised, made, write };
}

test("what goes with an answer waits for it, over a reload, and is gone once it is given", () => {
  const { strip, form, covered, revised, made, write } = page();
  const entry = { task: { id: 7 }, given: null };
  const remarks = made();
  remarks.draw(entry);
  equal([strip.hidden, remarks.of(entry)], [true, NOTHING]);
  ok(remarks.toggle(entry));
  write(remarks, entry, "  half of it ");
  equal([strip.hidden, strip.textContent.trim(), form.hidden, covered.inert], [false, "half of it", true, false]);
  const again = page().made();
  equal(again.of(entry), { doubt: true, comment: "half of it" });
  equal(remarkBody(again.of(entry), again.before(entry)), { doubt: true, comment: "half of it" });
  again.given(entry);
  equal([again.of(entry), revised], [NOTHING, []]);
  equal(remarkBody(NOTHING, again.before(entry)), {}, "an answer without any says nothing of it");
});

test("with an answer that was given it is revised at once, and what a reviewer sent back keeps its own", () => {
  const { revised, made, write } = page();
  const entry = { task: { id: 8 }, given: { answer: { label: "ham" }, doubt: true, comment: "why" } };
  const remarks = made();
  equal(remarks.toggle(entry), false);
  write(remarks, entry, "why not");
  write(remarks, entry, "why not");
  equal(revised, [{ doubt: false, comment: "why" }, { doubt: false, comment: "why not" }]);
  const back = { task: { id: 9, returned: { remark: { doubt: true, comment: "x" } } }, given: null };
  equal(remarks.of(back), { doubt: true, comment: "x" });
  remarks.toggle(back);
  write(remarks, back, "");
  equal(remarkBody(remarks.of(back), remarks.before(back)), NOTHING, "taken away is said");
  equal(remarkWords(remarkIn({ doubt: true, comment: "x" })), "not sure, “x”");
});
