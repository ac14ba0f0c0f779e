// What looks closer at pictures beside the zoom: a quarter turn, brightness and contrast, by buttons, sliders and keys.

import { meant } from "./pressed_key.js";

const STEP = 0.1;
const STEPS = { brighter: ["brightness", STEP], darker: ["brightness", -STEP], moreContrast: ["contrast", STEP], lessContrast: ["contrast", -STEP] };
const WINDOW_MS = 200; // a slider that is still moving asks the server for nothing

/** How bright and how rich in contrast pictures are shown: kept from one to the next while the page is open. -1 to 1, 0 as they are. */
const light = { brightness: 0, contrast: 0 };

export class PictureTools {
  #bar;
  #panel;
  #byKey;
  #zoom;
  #pictures;
  #timer = 0;

  /** `bar` has the buttons and `panel` the sliders; `zoom()` is that of the pictures, `pictures()` those on the table. */
  constructor({ bar, panel, byKey, zoom, pictures }) {
    [this.#bar, this.#panel, this.#byKey, this.#zoom, this.#pictures] = [bar, panel, byKey, zoom, pictures];
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.zoom) zoom()[button.dataset.zoom]();
      else if (button?.dataset.light) this.#run(button.dataset.light);
    });
    panel.addEventListener("input", (event) => this.#set(event.target.name, Number(event.target.value)));
    panel.addEventListener("click", (event) => event.target.closest("[data-light]") && this.#run("lightReset"));
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#toggle();
    });
  }

  /** True when the press changed how the pictures are shown. */
  key(event) {
    const name = this.#byKey.get(meant(event, (key) => STEPS[this.#byKey.get(key)] || ["rotate", "lightReset"].includes(this.#byKey.get(key))));
    if (name) this.#run(name);
    return Boolean(name);
  }

  /** Shows the pictures on the table as chosen: after another one came. */
  show() {
    const pictures = this.#pictures();
    if (!pictures.length) return;
    for (const picture of pictures) {
      if (picture.element) picture.element.style.filter = picture.deep ? "" : filterOf(light);
      picture.show({ window: windowOf(light) });
    }
    const changed = light.brightness !== 0 || light.contrast !== 0;
    this.#bar.querySelector("[data-light=panel]").classList.toggle("is-changed", changed);
    this.#panel.querySelector("button").disabled = !changed;
    for (const [name, value] of Object.entries(light)) {
      const slider = this.#panel.querySelector(`[name=${name}]`);
      slider.value = value;
      slider.setAttribute("aria-valuetext", percent(value));
      this.#panel.querySelector(`[data-value=${name}]`).textContent = percent(value);
    }
  }

  #run(name) {
    if (name === "rotate") this.#zoom().rotate();
    else if (name === "panel") this.#toggle();
    else if (name === "lightReset") {
      light.brightness = light.contrast = 0;
      this.show();
    } else this.#set(STEPS[name][0], light[STEPS[name][0]] + STEPS[name][1]);
  }

  #set(name, value) {
    light[name] = Math.round(Math.min(1, Math.max(-1, value)) * 100) / 100;
    clearTimeout(this.#timer);
    if (this.#pictures().some((picture) => picture.deep)) this.#timer = setTimeout(() => this.show(), WINDOW_MS);
    else this.show();
  }

  #toggle() {
    const button = this.#bar.querySelector("[data-light=panel]");
    this.#panel.hidden = !this.#panel.hidden;
    button.setAttribute("aria-expanded", String(!this.#panel.hidden));
    (this.#panel.hidden ? button : this.#panel.querySelector("input")).focus();
  }
}

/** As a CSS filter; "" for pictures as they are. */
export function filterOf({ brightness, contrast }) {
  if (!brightness && !contrast) return "";
  return `brightness(${(3 ** brightness).toFixed(3)}) contrast(${(4 ** contrast).toFixed(3)})`;
}

/**
 * The part of a picture's real range that is shown, `[low, high]` in shares of it, null for all: of pictures with more than 8 bits
 * the server makes it, for what they hold is finer than what a browser is given.
 */
export function windowOf({ brightness, contrast }) {
  if (!brightness && !contrast) return null;
  const [middle, width] = [0.5 - brightness / 2, 20 ** -contrast];
  return [middle - width / 2, middle + width / 2].map((end) => Math.round(end * 1_000) / 1_000);
}

function percent(value) {
  return `${value > 0 ? "+" : ""}${Math.round(value * 100)} %`;
}
