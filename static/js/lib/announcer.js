// Says things to screen readers, one after the other, without moving the focus.

export function announcer(region) {
  let timer = 0;
  return (words) => {
    region.textContent = "";
    clearTimeout(timer);
    // The same words twice are only read twice when the region was empty in between.
    timer = setTimeout(() => (region.textContent = words), 60);
  };
}
