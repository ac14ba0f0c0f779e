import { changedIn, isUnsaved } from "/static/js/lib/unsaved.js";
import { equal, ok, test } from "./harness.js";

function form(inside, unsaved = "") {
  document.body.innerHTML = `<form data-unsaved="${unsaved}">${inside}</form>`;
  return document.forms[0];
}

const names = (of) => changedIn(of).map((control) => control.name);

const WHOLE = `
  <input type=hidden name=token value=1> <input name=title value="as it was"> <textarea name=text>as it was</textarea>
  <input type=number name=count value=3> <input type=checkbox name=on checked> <input type=checkbox name=off>
  <input type=radio name=way value=a checked> <input type=radio name=way value=b>
  <select name=pick><option>a<option selected>b</select> <select name=first><option>a<option>b</select>
  <input type=password name=secret> <input type=file name=file> <fieldset name=group></fieldset>
  <button name=go value=1>Go</button> <input type=submit name=send> <input value="of no name">`;

test("a form as it came holds nothing unsaved", () => {
  equal(names(form(WHOLE)), []);
  ok(!isUnsaved(document.forms[0]));
});

test("each sort of control is seen when it holds something else, and not once it is as before", () => {
  const changes = {
    title: [(one) => (one.value = "else"), (one) => (one.value = "as it was")],
    text: [(one) => (one.value = ""), (one) => (one.value = "as it was")],
    count: [(one) => (one.value = "4"), (one) => (one.value = "3")],
    on: [(one) => (one.checked = false), (one) => (one.checked = true)],
    off: [(one) => (one.checked = true), (one) => (one.checked = false)],
    pick: [(one) => (one.selectedIndex = 0), (one) => (one.selectedIndex = 1)],
    first: [(one) => (one.selectedIndex = 1), (one) => (one.selectedIndex = 0)],
  };
  for (const [name, [change, back]] of Object.entries(changes)) {
    const whole = form(WHOLE);
    change(whole.elements[name]);
    equal(names(whole), [name]);
    ok(isUnsaved(whole));
    back(whole.elements[name]);
    equal(names(whole), [], `${name} as before`);
  }
});

test("another way chosen is seen", () => {
  const whole = form(WHOLE);
  whole.elements.way[1].checked = true;
  equal(new Set(names(whole)), new Set(["way"]));
});

test("a file that was chosen is unsaved, what is secret or pressed is not", () => {
  const whole = form(WHOLE);
  const chosen = new DataTransfer();
  chosen.items.add(new File(["a,b"], "rows.csv"));
  whole.elements.file.files = chosen.files;
  whole.elements.secret.value = "typed";
  whole.elements.token.value = "2";
  equal(names(whole), ["file"]);
});

test("what came back unsaved from the server stays so", () => {
  equal(names(form(WHOLE, "title count")), ["title", "count"]);
  const failed = form(`${WHOLE}<ul class=errorlist><li>No.</ul>`);
  ok(isUnsaved(failed) && names(failed).length === 0);
});
