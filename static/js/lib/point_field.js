// Points of a map: which is nearest to a place, which lie inside an outline. Places are numbers from 0 to 65,535.

const CELL_BITS = 9;
const CELLS = 1 << (16 - CELL_BITS);

export class PointField {
  /** `places`: x and y in turn. */
  constructor(places) {
    this.places = places;
    this.n = places.length >> 1;
    const first = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < this.n; i++) first[this.#cell(i) + 1]++;
    for (let cell = 0; cell < CELLS * CELLS; cell++) first[cell + 1] += first[cell];
    const next = first.slice();
    const members = new Uint32Array(this.n);
    for (let i = 0; i < this.n; i++) members[next[this.#cell(i)]++] = i;
    this.first = first;
    this.members = members;
  }

  #cell(i) {
    return (this.places[2 * i + 1] >> CELL_BITS) * CELLS + (this.places[2 * i] >> CELL_BITS);
  }

  /** The numbers of up to `count` points nearest to a place, nearest first, of those `fits` lets through and not farther than `reach`. */
  nearest(x, y, count, reach = Infinity, fits = () => true) {
    const column = Math.min(CELLS - 1, Math.max(0, x >> CELL_BITS));
    const row = Math.min(CELLS - 1, Math.max(0, y >> CELL_BITS));
    const size = 1 << CELL_BITS;
    let found = [];
    for (let ring = 0; ring < CELLS; ring++) {
      // whatever lies farther out is at least so far away
      const safe = (ring - 1) * size;
      if (safe > reach || (found.length >= count && found[count - 1].far < safe * safe)) break;
      for (let r = row - ring; r <= row + ring; r++) {
        if (r < 0 || r >= CELLS) continue;
        const step = Math.abs(r - row) === ring ? 1 : 2 * ring;
        for (let c = column - ring; c <= column + ring; c += step || 1) {
          if (c < 0 || c >= CELLS) continue;
          for (let at = this.first[r * CELLS + c]; at < this.first[r * CELLS + c + 1]; at++) {
            const i = this.members[at];
            const far = (this.places[2 * i] - x) ** 2 + (this.places[2 * i + 1] - y) ** 2;
            if (far <= reach * reach && fits(i)) found.push({ i, far });
          }
        }
      }
      found.sort((a, b) => a.far - b.far || a.i - b.i);
      found = found.slice(0, count);
    }
    return found.map((one) => one.i);
  }

  /** How many of those `fits` lets through lie inside an outline of `[x, y]` corners. */
  countInside(corners, fits) {
    const xs = corners.map((corner) => corner[0]);
    const ys = corners.map((corner) => corner[1]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    let n = 0;
    for (let i = 0; i < this.n; i++) {
      const x = this.places[2 * i];
      const y = this.places[2 * i + 1];
      if (x >= left && x <= right && y >= top && y <= bottom && fits(i) && isInside(corners, x, y)) n++;
    }
    return n;
  }
}

/** Whether a place lies inside: the same rule as on the server. */
export function isInside(corners, x, y) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [x1, y1] = corners[j];
    const [x2, y2] = corners[i];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside;
}

/** The same line with at most `most` corners: those are left out that lie nearest to the line without them. */
export function simplified(line, most) {
  let tolerance = 1;
  let kept = line;
  while (kept.length > most) {
    kept = thinned(line, tolerance);
    tolerance *= 1.6;
  }
  return kept;
}

function thinned(line, tolerance) {
  const keep = new Set([0, line.length - 1]);
  const parts = [[0, line.length - 1]];
  while (parts.length) {
    const [from, to] = parts.pop();
    let farthest = -1;
    let far = tolerance;
    for (let i = from + 1; i < to; i++) {
      const away = offLine(line[i], line[from], line[to]);
      if (away > far) [farthest, far] = [i, away];
    }
    if (farthest >= 0) {
      keep.add(farthest);
      parts.push([from, farthest], [farthest, to]);
    }
  }
  return line.filter((_, i) => keep.has(i));
}

function offLine([x, y], [x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (!length) return Math.hypot(x - x1, y - y1);
  return Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length;
}
