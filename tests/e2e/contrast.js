// Visible texts whose contrast with the ground they stand on is below WCAG 2.2 AA. Disabled controls are exempt.
() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((value, n) => value * a + below[n] * (1 - a));
    const ground = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if (colour[3]) layers.push(colour);
            if (colour[3] === 1) break;
        }
        return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
    };
    const light = (colour) => {
        const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = colour.map((value) => linear(value / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const poor = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        const apart = element.closest(":disabled, .skip-link, script, noscript");
        if (!own || apart || !element.checkVisibility({ opacityProperty: true })) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const [one, two] = [light(over(rgba(style.color), below)), light(below)].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (two + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const name = `${element.className || element.tagName} "${element.textContent.trim().slice(0, 30)}"`;
        if (ratio < (large ? 3 : 4.5)) poor.push(`${name} ${ratio.toFixed(2)}`);
    }
    return poor;
}
