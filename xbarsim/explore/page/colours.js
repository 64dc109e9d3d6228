// Colour scales as lists of 256 colours: PuOr for what has a sign, above 0 orange, as G+, in all pictures; viridis for
// what has none; both are told apart by all kinds of eyes.

const PUOR = ["7f3b08", "b35806", "e08214", "fdb863", "fee0b6", "f7f7f7", "d8daeb", "b2abd2", "8073ac", "542788", "2d004b"];
const VIRIDIS = ["440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"];

function listed(stops) {
  const points = stops.map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));
  const packed = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (points.length - 1);
    const k = Math.min(Math.floor(at), points.length - 2);
    const [r, g, b] = points[k].map((low, c) => Math.round(low + (at - k) * (points[k + 1][c] - low)));
    packed[i] = (255 << 24) | (b << 16) | (g << 8) | r; // as ImageData has it on all machines that browsers run on
  }
  return packed;
}

export const SIGNED = listed([...PUOR].reverse());
export const PLAIN = listed(VIRIDIS);
export const NONE = 0xffd0d0d0;
export const PLUS = "#d55e00";
export const MINUS = "#0072b2";
export const BLACK = "#000000";
export const GREEN = "#009e73";

export function css(packed) {
  return `rgb(${packed & 255}, ${(packed >> 8) & 255}, ${(packed >> 16) & 255})`;
}

// Paint values into pixels: one colour each, the ends of the scale for what lies beyond.
export function paint(values, pixels, low, high, colours) {
  const factor = 255 / (high - low || 1);
  for (let i = 0; i < values.length; i++) {
    const at = (values[i] - low) * factor;
    pixels[i] = at !== at ? NONE : colours[at <= 0 ? 0 : at >= 255 ? 255 : (at + 0.5) | 0];
  }
}
