import { filesIn, zipOf } from "/static/js/lib/zip.js";
import { equal, ok, test } from "./harness.js";

const file = (text) => new Blob([text]);

/** What a reader of zips finds, by the directory at the end. */
async function read(blob) {
  const view = new DataView(await blob.arrayBuffer());
  const bytes = new Uint8Array(view.buffer);
  const end = view.byteLength - 22;
  equal(view.getUint32(end, true), 0x06054b50);
  const found = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left; left -= 1) {
    equal(view.getUint32(at, true), 0x02014b50);
    const [size, length, offset] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)];
    const name = new TextDecoder().decode(bytes.slice(at + 46, at + 46 + length));
    equal(view.getUint32(offset, true), 0x04034b50);
    const start = offset + 30 + view.getUint16(offset + 26, true);
    found.push([name, new TextDecoder().decode(bytes.slice(start, start + size)), view.getUint32(at + 16, true)]);
    at += 46 + length;
  }
  equal(at, end);
  return found;
}

test("a zip holds the files under their paths, with the check sum the format asks for", async () => {
  const zip = await zipOf([
    { path: "cat/a.txt", file: file("123456789") },
    { path: "Hündin/b.txt", file: file("") },
  ]);
  equal(await read(zip), [
    ["cat/a.txt", "123456789", 0xcbf43926],
    ["Hündin/b.txt", "", 0],
  ]);
});

test("the same files make the same bytes", async () => {
  const make = () => zipOf([{ path: "a", file: file("x") }]);
  equal([...new Uint8Array(await (await make()).arrayBuffer())], [...new Uint8Array(await (await make()).arrayBuffer())]);
});

test("progress ends at the size of all files", async () => {
  const seen = [];
  await zipOf([{ path: "a", file: file("abc") }, { path: "b", file: file("de") }], (...said) => seen.push(said));
  equal(seen.at(-1), [5, 5]);
});

test("more files than a plain zip can hold are refused before any is read", async () => {
  const one = { path: "a", file: file("") };
  let said = "";
  await zipOf(Array(65_536).fill(one)).catch((error) => (said = error.message));
  ok(said.includes("65,535"), said);
});

test("dropped folders are walked to the end, however many entries a reading gives", async () => {
  const leaf = (name) => ({ isFile: true, isDirectory: false, name, file: (done) => done(new File([name], name)) });
  const folder = (name, ...readings) => ({
    isFile: false, isDirectory: true, name,
    createReader: () => { const left = [...readings, []]; return { readEntries: (done) => done(left.shift()) }; },
  }); // prettier-ignore
  const root = folder("photos", [leaf("a.jpg")], [folder("cat", [leaf("b.jpg")])]);
  const items = [root, leaf("c.jpg")].map((entry) => ({ webkitGetAsEntry: () => entry }));
  const found = await filesIn({ items, files: [] });
  equal(found.map(({ path }) => path), ["photos/a.jpg", "photos/cat/b.jpg", "c.jpg"]);
});
