// Questions to the server, and its messages: a length, a line of JSON, arrays as bytes (xbarsim/explore/wire.py).

const KINDS = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array,
};

export function unpack(buffer) {
  const end = 4 + new DataView(buffer).getUint32(0, true);
  const said = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, end - 4)));
  for (const { name, type, shape, offset } of said.arrays) {
    said[name] = new KINDS[type](buffer, end + offset, shape.reduce((a, b) => a * b, 1));
    said[`${name}Shape`] = shape;
  }
  return said;
}

export async function ask(name, asked = {}) {
  let answer;
  try {
    answer = await fetch(`${name}?${new URLSearchParams(asked)}`);
  } catch {
    throw new Error("xbarsim view has ended: start it again, and open the address that it prints");
  }
  if (!answer.ok) {
    const text = await answer.text();
    let said = text;
    try {
      said = JSON.parse(text).error;
    } catch { /* as it came */ }
    throw new Error(said);
  }
  return unpack(await answer.arrayBuffer());
}

// The newest wish alone: while one is being answered, those that come wait, and only the last of them is asked.
export class Latest {
  constructor(act) {
    this.act = act;
    this.wish = null;
    this.running = null;
  }

  ask(wish) {
    this.wish = wish;
    this.running ??= this.work().finally(() => { this.running = null; });
    return this.running;
  }

  async work() {
    while (this.wish !== null) {
      const wish = this.wish;
      this.wish = null;
      await this.act(wish);
    }
  }
}

export const whole = (n) => Math.round(n).toLocaleString("en-US");

// A number with as many figures as tell states apart, in the unit that the run has.
export function number(x) {
  if (!Number.isFinite(x)) return "none";
  return Math.abs(x) >= 1e-3 || x === 0 ? Number(x.toPrecision(4)).toString() : x.toExponential(2);
}
