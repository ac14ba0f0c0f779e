// The import form: a file dropped anywhere on the box, refused at once when it is too large, its upload seen.

const form = document.querySelector("form[data-import]");
const box = form.querySelector("[data-drop]");
const input = box.querySelector("input[type=file]");
const bar = box.querySelector("progress");
const status = box.querySelector("[data-drop-status]");
const maxBytes = Number(form.dataset.maxBytes);

for (const name of ["dragenter", "dragover"]) {
  box.addEventListener(name, (event) => {
    event.preventDefault();
    box.classList.add("drop--over");
  });
}
for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("drop--over"));
box.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

input.addEventListener("change", () => {
  const file = input.files[0];
  const tooLarge = file && file.size > maxBytes;
  input.setCustomValidity(tooLarge ? "too large" : "");
  status.textContent = tooLarge ? `${file.name} is too large: ${size(file.size)}, at most ${size(maxBytes)}.` : "";
});

form.addEventListener("submit", (event) => {
  const file = input.files[0];
  if (!file) return;
  event.preventDefault();
  if (file.size > maxBytes) return status.focus();
  send(file);
});

/** Sends the form with progress; the server's page, be it the import's or this one with errors, takes its place. */
function send(file) {
  const button = form.querySelector("button[type=submit]");
  const request = new XMLHttpRequest();
  button.disabled = true;
  bar.classList.remove("visually-hidden");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = event.loaded / event.total;
    status.textContent =
      event.loaded < event.total ? `Sending ${file.name}: ${size(event.loaded)} of ${size(event.total)}` : "Sent. Checking…";
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
  request.send(new FormData(form));

  function failed(reason) {
    button.disabled = false;
    bar.classList.add("visually-hidden");
    status.textContent = reason;
    status.className = "note note--error";
  }
}

function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit += 1) bytes /= 1000;
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}
