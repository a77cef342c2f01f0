// Colours and patterns for canvases, out of the style sheet: there is one place for colours.

const patterns = new Map();

export const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour, or a pattern of it: neighbours in a stack differ by more than colour. */
export function fillOf(colour, pattern) {
  if (!pattern) return colour;
  const key = `${colour} ${pattern} ${devicePixelRatio}`;
  if (!patterns.has(key)) patterns.set(key, drawn(colour, pattern, devicePixelRatio));
  return patterns.get(key);
}

function drawn(colour, pattern, scale) {
  const size = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = colour;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = context.fillStyle = ink("--panel");
  if (pattern === "hatch") {
    context.lineWidth = 1.6;
    context.beginPath();
    for (const from of [-size, 0, size]) {
      context.moveTo(from, size);
      context.lineTo(from + size, 0);
    }
    context.stroke();
  } else {
    for (const [x, y] of [[2, 2], [6, 6]]) context.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
  }
  return context.createPattern(canvas, "repeat");
}
