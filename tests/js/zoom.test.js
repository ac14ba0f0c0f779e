import { Zoom } from "/static/js/lib/zoom.js";
import { equal, near, ok, randomness, test } from "./harness.js";

function picture(size) {
  const frame = document.createElement("div");
  frame.style.cssText = "position:absolute;left:0;top:0;width:400px;height:200px";
  const stage = document.createElement("div");
  stage.style.cssText = "width:400px;height:200px;transform-origin:0 0";
  frame.append(stage);
  document.body.append(frame);
  const seen = [];
  const zoom = new Zoom(frame, (scale) => seen.push(scale));
  zoom.attach(stage, size);
  return { zoom, frame, stage, seen };
}

function wheel(frame, x, y, deltaY) {
  frame.dispatchEvent(new WheelEvent("wheel", { clientX: x, clientY: y, deltaY, bubbles: true, cancelable: true }));
}

test("it begins at one and says each change", () => {
  const { zoom, seen } = picture();
  zoom.in();
  near(zoom.scale, 1.5);
  near(seen.at(-1), 1.5);
  zoom.out();
  near(zoom.scale, 1);
});

test("it stays between one and twelve", () => {
  const { zoom } = picture();
  for (let n = 0; n < 20; n += 1) zoom.in();
  near(zoom.scale, 12);
  for (let n = 0; n < 40; n += 1) zoom.out();
  equal([zoom.scale, zoom.place.x, zoom.place.y], [1, 0, 0]);
});

test("what is under the pointer stays under it", () => {
  const { zoom, frame } = picture();
  wheel(frame, 100, 50, -300);
  const { scale, x, y } = zoom.place;
  near((100 - x) / scale, 100, 1e-6);
  near((50 - y) / scale, 50, 1e-6);
});

test("the picture never leaves its frame, whatever is done", () => {
  const { zoom, frame } = picture();
  const random = randomness(3);
  for (let step = 0; step < 400; step += 1) {
    const choice = random();
    if (choice < 0.4) wheel(frame, random() * 400, random() * 200, (random() - 0.5) * 900);
    else if (choice < 0.6) zoom.pan((random() - 0.5) * 3, (random() - 0.5) * 3);
    else if (choice < 0.8) zoom.in();
    else zoom.out();
    const { scale, x, y } = zoom.place;
    ok(scale >= 1 && scale <= 12);
    ok(x <= 1e-9 && x >= 400 * (1 - scale) - 1e-6, `x ${x} at ${scale}`);
    ok(y <= 1e-9 && y >= 200 * (1 - scale) - 1e-6, `y ${y} at ${scale}`);
  }
});

test("a whole picture cannot be moved, a large one can", () => {
  const { zoom } = picture();
  equal(zoom.pan(0.1, 0), false);
  zoom.in();
  equal(zoom.pan(0.1, 0), true);
});

test("a double click enlarges, another one shows the whole", () => {
  const { zoom, frame, stage } = picture();
  stage.dispatchEvent(new MouseEvent("dblclick", { clientX: 200, clientY: 100, bubbles: true }));
  near(zoom.scale, 2.5);
  ok(frame.classList.contains("is-zoomed"));
  stage.dispatchEvent(new MouseEvent("dblclick", { clientX: 200, clientY: 100, bubbles: true }));
  equal(zoom.scale, 1);
  equal(stage.style.transform, "");
});

test("another picture is shown whole", () => {
  const { zoom, stage } = picture();
  zoom.in();
  zoom.attach(stage);
  equal(zoom.scale, 1);
});

test("without a picture nothing is enlarged", () => {
  const { zoom, frame } = picture();
  zoom.attach(null);
  zoom.in();
  wheel(frame, 10, 10, -500);
  equal(zoom.scale, 1);
});

test("two pictures can be held at the same place", () => {
  const [one, other] = [picture(), picture()];
  wheel(one.frame, 90, 40, -400);
  other.zoom.follow(one.zoom.place);
  equal(other.zoom.place, one.zoom.place);
});

test("a pixel of a picture takes up to four of the page, of a tiny one up to ten", () => {
  for (const [width, height, whole, most] of [[2000, 1000, 0.2, 4], [350, 180, 200 / 180, 4], [28, 14, 10, 10]]) {
    const { zoom, stage } = picture({ width, height });
    near(zoom.density, whole, 1e-9);
    for (let n = 0; n < 20; n += 1) zoom.in();
    near(zoom.density, most, 1e-9);
    ok(stage.classList.contains("is-pixelated"));
    zoom.reset();
    equal(stage.classList.contains("is-pixelated"), whole >= 2);
  }
});

test("a tiny picture does not fill its frame", () => {
  const { stage } = picture({ width: 10, height: 10 });
  equal([stage.style.paddingTop, stage.style.paddingLeft], ["50px", "150px"]);
});

test("a quarter turn shows the whole picture upright in the same frame, four of them are none", () => {
  const { zoom, stage } = picture({ width: 400, height: 200 });
  zoom.in();
  zoom.rotate();
  equal([zoom.scale, zoom.density], [1, 0.5], "as high as the frame");
  const box = stage.getBoundingClientRect();
  [box.left, box.top, box.width, box.height].forEach((value, place) => near(value, [150, 0, 100, 200][place], 1e-3));
  for (let n = 0; n < 3; n += 1) zoom.rotate();
  equal(stage.style.transform, "");
});
