// Turns the textarea "one label a line, its key in brackets" into rows of two fields. The textarea stays what is sent.

const LINE = /^(.*?)(?:\s*\[(\S?)\])?$/u;
// more labels than this are easier to look over as text
const MOST_ROWS = 20;
const ENDS_LIKE_A_KEY = /\[\S?\]$/u;

for (const area of document.querySelectorAll("textarea[data-labels]")) edit(area);

function edit(area) {
  const list = document.createElement("ol");
  const add = element("button", { type: "button", className: "button button--small", textContent: "Add a label" });
  const paste = element("button", { type: "button", className: "button button--quiet button--small", textContent: "" });
  const head = element("li", { className: "label-row label-row--head" });
  head.append("Name", element("span", { textContent: "Key" }));
  list.className = "label-rows";
  list.setAttribute("aria-label", "Labels");
  const buttons = element("div", { className: "row" });
  buttons.append(add, paste);
  const box = element("div", { className: "stack-small" });
  box.append(list, buttons);
  area.after(box);
  let asText = area.value.split("\n").length > MOST_ROWS;
  show();

  add.addEventListener("click", () => addRow("", "").querySelector("input").focus());
  paste.addEventListener("click", () => {
    asText = !asText;
    show();
    if (asText) area.focus();
  });
  list.addEventListener("input", write);
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const next = event.target.closest("li").nextElementSibling ?? addRow("", "");
    next.querySelector("input").focus();
  });
  list.addEventListener("paste", (event) => {
    const lines = event.clipboardData.getData("text").split(/\r?\n/).filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    const row = event.target.closest("li");
    for (const line of lines) addRow(...parse(line));
    if (![...row.querySelectorAll("input")].some((input) => input.value)) row.remove();
    write();
  });

  function show() {
    paste.textContent = asText ? "Edit as rows" : "Edit as text";
    area.hidden = !asText;
    list.hidden = add.hidden = asText;
    if (asText) return;
    const labels = area.value.split("\n").filter((line) => line.trim()).map(parse);
    while (labels.length < 2) labels.push(["", ""]);
    list.replaceChildren(head);
    for (const label of labels) addRow(...label);
  }

  function addRow(name, hotkey) {
    const number = list.children.length;
    const row = element("li", { className: "label-row" });
    const remove = element("button", { type: "button", className: "button button--quiet button--icon", textContent: "×" });
    remove.setAttribute("aria-label", `Remove label ${number}`);
    remove.addEventListener("click", () => {
      const near = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      write();
      (near?.querySelector("input") ?? add).focus();
    });
    row.append(
      field(`Name of label ${number}`, name, { maxLength: 200 }),
      field(`Key of label ${number}`, hotkey, { maxLength: 1, placeholder: number < 10 ? `${number}` : "" }),
      remove,
    );
    list.append(row);
    return row;
  }

  function write() {
    const rows = [...list.querySelectorAll("li:not(.label-row--head)")].map((row) =>
      [...row.querySelectorAll("input")].map((input) => input.value.trim()),
    );
    area.value = rows
      .filter(([name]) => name)
      .map(([name, hotkey]) => (hotkey || ENDS_LIKE_A_KEY.test(name) ? `${name} [${hotkey}]` : name))
      .join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function parse(line) {
  const [, name, hotkey] = LINE.exec(line.trim());
  return [name.trim(), hotkey ?? ""];
}

function field(label, value, more) {
  const input = element("input", { className: "control", value, autocomplete: "off", ...more });
  input.setAttribute("aria-label", label);
  return input;
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
