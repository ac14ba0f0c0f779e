// Draws the points of a map pixel by pixel: a million in some ten milliseconds, on every machine, with or without a graphics card.

/** `draw(view, size, shades)`: `view` is `{x, y, scale}` and `size` the width of a point in CSS pixels, `shades` `[r, g, b, a]` from 0 to 1 by number. */
export function pointCanvas(canvas, places, colours) {
  const pen = canvas.getContext("2d");
  let image = null;
  return {
    draw(view, size, shades) {
      const { width, height } = canvas;
      if (!width || !height) return;
      if (image?.width !== width || image?.height !== height) image = pen.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      pixels.fill(0);
      const ratio = width / canvas.clientWidth;
      const [scale, left, top] = [view.scale * ratio, view.x * ratio, view.y * ratio];
      const stamp = stampOf((size * ratio) / 2, width);
      const whole = shades.map((shade) => packed(shade, 1));
      const soft = shades.map((shade) => packed(shade, 0.45));
      // the faint ones first: the others lie above them
      for (const faint of [true, false]) {
        const drawn = shades.map(([, , , alpha]) => alpha > 0 && alpha < 0.3 === faint);
        if (!drawn.some(Boolean)) continue;
        for (let i = 0; i < colours.length; i++) {
          const number = colours[i];
          if (!drawn[number]) continue;
          const x = (left + places[2 * i] * scale) | 0;
          const y = (top + places[2 * i + 1] * scale) | 0;
          if (x < stamp.reach || y < stamp.reach || x >= width - stamp.reach || y >= height - stamp.reach) continue;
          const middle = y * width + x;
          for (let k = 0; k < stamp.inner.length; k++) pixels[middle + stamp.inner[k]] = whole[number];
          for (let k = 0; k < stamp.rim.length; k++) {
            const at = middle + stamp.rim[k];
            if (!pixels[at]) pixels[at] = soft[number];
          }
        }
      }
      pen.putImageData(image, 0, 0);
    },
  };
}

/** How far from its middle the pixels of a point lie: the inner ones, and those its edge only touches. */
function stampOf(radius, width) {
  const reach = Math.ceil(radius);
  const [inner, rim] = [[], []];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const far = Math.hypot(dx, dy);
      if (far <= radius - 0.25 || !(dx || dy)) inner.push(dy * width + dx);
      else if (far <= radius + 0.5 && radius > 1) rim.push(dy * width + dx);
    }
  }
  return { reach: reach + 1, inner: Int32Array.from(inner), rim: Int32Array.from(rim) };
}

function packed([r, g, b, a], share) {
  const bytes = new Uint8ClampedArray([255 * r, 255 * g, 255 * b, 255 * a * share]);
  return new Uint32Array(bytes.buffer)[0];
}
