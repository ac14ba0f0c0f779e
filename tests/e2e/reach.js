// What a hand can reach: the item's share of the page, targets below 44 px, and whether anything is off the screen.
() => {
    const { width, height } = document.querySelector("#item").getBoundingClientRect();
    const root = document.documentElement;
    const small = [...document.querySelectorAll("button, a, input, [role=option]")]
        .filter((element) => element.checkVisibility() && !element.matches(".skip-link"))
        .map((element) => [element.textContent.trim() || element.ariaLabel, element.closest("label") ?? element])
        .filter(([, target]) => Math.min(target.offsetWidth, target.offsetHeight) < 44)
        .map(([name]) => name);
    const list = document.querySelector("[role=listbox]")?.getBoundingClientRect();
    const labels = [...document.querySelectorAll("[role=option]")].filter((option) => option.getBoundingClientRect().bottom <= list.bottom);
    return {
        labels: labels.length,
        share: (width * height) / (innerWidth * innerHeight),
        small,
        sideways: root.scrollWidth > innerWidth,
        below: root.scrollHeight > innerHeight,
    };
}
