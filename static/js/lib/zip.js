// Many files as one: a zip whose entries are the files as they are, made without holding them in memory.
// APPNOTE 6.3.10; no compression (pictures have their own) and no zip64, so at most 65,535 files and 4 GB.

const MAX_FILES = 65_535;
const MAX_BYTES = 0xffff_ffff;
const UTF8_NAMES = 0x0800;
const VERSION = 20;
const NO_TIME = [0, 0, 0x21, 0]; // 1 January 1980, midnight: the same files make the same zip

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc >>> 0;
});

/**
 * A zip of `entries`, each `{ path, file }` with a Blob; `onProgress(bytes read, bytes in all)`.
 * Throws RangeError where it would be more than a plain zip can hold.
 */
export async function zipOf(entries, onProgress = () => {}) {
  const total = entries.reduce((sum, { file }) => sum + file.size, 0);
  if (entries.length > MAX_FILES) throw new RangeError(`at most ${MAX_FILES.toLocaleString("en")} files at once`);
  const parts = [];
  const directory = [];
  let offset = 0;
  let read = 0;
  for (const { path, file } of entries) {
    const name = new TextEncoder().encode(path);
    const crc = await crcOf(file, (bytes) => onProgress((read += bytes), total));
    const facts = [
      ...short(UTF8_NAMES), ...short(0), ...NO_TIME, ...long(crc), ...long(file.size), ...long(file.size),
      ...short(name.length), ...short(0),
    ]; // prettier-ignore
    parts.push(bytes([...long(0x0403_4b50), ...short(VERSION), ...facts]), name, file);
    directory.push(
      bytes([
        ...long(0x0201_4b50), ...short(VERSION), ...short(VERSION), ...facts, ...short(0), ...short(0), ...short(0),
        ...long(0), ...long(offset),
      ]), // prettier-ignore
      name,
    );
    offset += 30 + name.length + file.size;
    if (offset > MAX_BYTES) throw new RangeError("at most 4 GB at once");
  }
  const listed = directory.reduce((sum, part) => sum + part.length, 0);
  const count = short(entries.length);
  const end = bytes([...long(0x0605_4b50), ...short(0), ...short(0), ...count, ...count, ...long(listed), ...long(offset), ...short(0)]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

async function crcOf(file, onRead) {
  let crc = 0xffff_ffff;
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return (crc ^ 0xffff_ffff) >>> 0;
    for (let place = 0; place < value.length; place += 1) crc = CRC_TABLE[(crc ^ value[place]) & 0xff] ^ (crc >>> 8);
    onRead(value.length);
  }
}

/** All files below what was dropped, `{ path, file }`, folders walked; paths as the folders are called. */
export async function filesIn(dataTransfer) {
  const roots = [...dataTransfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!roots.some((entry) => entry?.isDirectory)) return [...dataTransfer.files].map((file) => ({ path: file.name, file }));
  const found = [];
  for (const entry of roots) if (entry) await walk(entry, "", found);
  return found;
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: folder + file.name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return;
    for (const inner of some) await walk(inner, `${folder}${entry.name}/`, found);
  }
}

function short(number) {
  return [number & 0xff, (number >>> 8) & 0xff];
}

function long(number) {
  return [...short(number), ...short(number >>> 16)];
}

function bytes(numbers) {
  return Uint8Array.from(numbers);
}
