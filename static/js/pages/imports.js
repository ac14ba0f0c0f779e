// The import form: files and folders dropped anywhere on the box, refused at once when too large, the upload seen.
// Several pictures, or a folder of them, are sent as one zip.

import { filesIn, zipOf } from "../lib/zip.js";

const form = document.querySelector("form[data-import]");
const box = form.querySelector("[data-drop]");
const input = box.querySelector("input[type=file]");
const folder = form.querySelector("input[data-folder]");
const folderIsLabel = form.querySelector("input[name=folder_is_label]");
const bar = box.querySelector("progress");
const status = box.querySelector("[data-drop-status]");
const maxBytes = Number(form.dataset.maxBytes);
/** What is chosen, `{ path, file }`. */
let chosen = [];

for (const name of ["dragenter", "dragover"]) {
  box.addEventListener(name, (event) => {
    event.preventDefault();
    box.classList.add("drop--over");
  });
}
for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("drop--over"));
box.addEventListener("drop", async (event) => {
  event.preventDefault();
  if (!event.dataTransfer.items.length) return;
  const { files } = event.dataTransfer;
  const found = await filesIn(event.dataTransfer);
  if (found.length === 1 && files.length === 1) input.files = files;
  choose(found);
});

input.addEventListener("change", () => choose(listed(input.files)));
folder?.addEventListener("change", () => choose(listed(folder.files)));
box.querySelector("[data-choose-folder]")?.addEventListener("click", () => folder.click());

function listed(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Takes files as what will be sent, and says what they are. */
function choose(entries) {
  chosen = entries.filter(({ file }) => !file.name.startsWith("."));
  const bytes = chosen.reduce((sum, { file }) => sum + file.size, 0);
  const [first] = chosen;
  const folders = new Set(chosen.map(({ path }) => path.split("/").slice(0, -1).at(-1)).filter(Boolean));
  const tooLarge = bytes > maxBytes;
  const many = chosen.length > 1 && !folderIsLabel;
  input.setCustomValidity(tooLarge ? "too large" : many ? "one file" : "");
  if (folderIsLabel && folders.size > 1) folderIsLabel.checked = true;
  const named = chosen.length === 1 ? first.file.name : `${chosen.length.toLocaleString("en")} files`;
  status.className = "small";
  box.classList.toggle("drop--chosen", chosen.length > 0);
  if (!chosen.length) status.textContent = entries.length ? "There is no file in it that could be imported." : "";
  else if (tooLarge) status.textContent = `${named}: ${size(bytes)} is too large, at most ${size(maxBytes)}.`;
  else if (many) status.textContent = "One file at a time, please: which of them comes first?";
  else if (folders.size > 1) status.textContent = `${named} in ${folders.size} folders, ${size(bytes)}. The folders are taken as labels.`;
  else status.textContent = `${named}, ${size(bytes)}`;
}

form.addEventListener("submit", async (event) => {
  if (!chosen.length) return;
  event.preventDefault();
  if (!input.validity.valid) return status.focus();
  const sent = new FormData(form, event.submitter); // before the buttons are disabled
  setBusy(true);
  try {
    sent.set("file", ...(await asOne()));
  } catch (error) {
    return failed(error instanceof RangeError ? `Too much for one import: ${error.message}.` : `A file cannot be read: ${error.message}`);
  }
  send(sent);
});

/** The one file that goes out, and its name. */
async function asOne() {
  const [{ path, file }] = chosen;
  if (chosen.length === 1 && !path.includes("/")) return [file, file.name];
  const zip = await zipOf(chosen, (read, total) => {
    status.textContent = `Reading the files: ${size(read)} of ${size(total)}`;
  });
  return [zip, `${path.includes("/") ? path.split("/")[0] : "pictures"}.zip`];
}

/** Sends the form with progress; the server's page, be it the import's or this one with errors, takes its place. */
function send(sent) {
  const request = new XMLHttpRequest();
  const { name } = sent.get("file");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    status.textContent =
      event.loaded < event.total ? `Sending ${name}: ${size(event.loaded)} of ${size(event.total)}` : "Sent. Checking…";
  });
  request.addEventListener("load", () => {
    if (request.status < 300 && request.responseURL !== location.href) {
      form.dataset.unguarded = "";
      return location.assign(request.responseURL);
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const said = page.querySelector("form[data-import] .errorlist")?.textContent.trim();
    failed(said || `The server refused the file (${request.status}).`);
  });
  request.addEventListener("error", () => failed("The connection was lost. Nothing was imported; try again."));
  request.open("POST", location.href);
  request.send(sent);
}

function setBusy(busy) {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = busy;
  bar.classList.toggle("visually-hidden", !busy);
}

function failed(reason) {
  setBusy(false);
  status.textContent = reason;
  status.className = "note note--error";
}

/** As the server writes it (``filesizeformat``): one file has one size on all pages. */
function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit += 1) bytes /= 1024;
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}
