// What a person typed into a form and has not saved.

/** The named controls of a form that hold something else than when the page came; `form.dataset.unsaved` names those that came so. */
export function changedIn(form) {
  const cameUnsaved = new Set((form.dataset.unsaved ?? "").split(" ").filter(Boolean));
  return [...form.elements].filter((control) => control.name && (cameUnsaved.has(control.name) || isChanged(control)));
}

/** A form that came back with errors holds what was typed before. */
export function isUnsaved(form) {
  return form.querySelector(".errorlist") !== null || changedIn(form).length > 0;
}

function isChanged(control) {
  if (["hidden", "submit", "button", "reset", "password"].includes(control.type)) return false;
  if (control.type === "file") return control.files.length > 0;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName === "SELECT") {
    const chosen = [...control.options].findIndex((option) => option.defaultSelected);
    return control.selectedIndex !== Math.max(0, chosen);
  }
  return control.tagName !== "FIELDSET" && control.tagName !== "BUTTON" && control.value !== control.defaultValue;
}
