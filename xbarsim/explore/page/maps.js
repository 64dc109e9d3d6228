// Maps of a layer, and its columns as images, on canvases.

import { css, paint } from "./colours.js";
import { number, whole } from "./talk.js";

const INK = "#1a1a1a";
const FONT = "11px system-ui, 'DejaVu Sans', sans-serif";

// A canvas as sharp as the screen is; returns its context, in CSS pixels, and its size.
function sharp(canvas) {
  const wide = canvas.clientWidth, high = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
  }
  const to = canvas.getContext("2d");
  to.setTransform(ratio, 0, 0, ratio, 0, 0);
  to.clearRect(0, 0, wide, high);
  to.imageSmoothingEnabled = false;
  to.font = FONT;
  to.fillStyle = INK;
  to.strokeStyle = "#888888";
  return [to, wide, high];
}

// Round numbers between two ends, so many at most.
export function ticks(low, high, most) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(most, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let t = Math.ceil(low / step) * step; t <= high + 1e-9 * span; t += step) found.push(Math.abs(t) < step / 1e6 ? 0 : t);
  return found;
}

// Values as pixels of a canvas that nobody sees, to be drawn at any size.
class Pixels {
  constructor() {
    this.canvas = document.createElement("canvas");
  }

  fill(wide, high, painter) {
    if (this.canvas.width !== wide || this.canvas.height !== high || !this.image) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.image = this.canvas.getContext("2d").createImageData(wide, high);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    painter(this.words);
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
  }
}

function scaleBar(to, shown, left, top, high) {
  const wide = 12;
  for (let y = 0; y < high; y++) {
    to.fillStyle = css(shown.colours[Math.round(255 * (1 - y / Math.max(high - 1, 1)))]);
    to.fillRect(left, top + y, wide, 1.5);
  }
  to.strokeRect(left, top, wide, high);
  to.fillStyle = INK;
  to.textAlign = "left";
  to.textBaseline = "middle";
  const { low, high: up, factor } = shown;
  for (const t of ticks(low / factor, up / factor, 5)) {
    const y = top + high * (1 - (t * factor - low) / (up - low || 1));
    to.fillRect(left + wide, y - 0.5, 3, 1);
    to.fillText(number(t), left + wide + 5, y);
  }
  to.save();
  to.translate(left + wide + 48, top + high / 2);
  to.rotate(-Math.PI / 2);
  to.textAlign = "center";
  to.fillText(shown.label, 0, 0);
  to.restore();
}

export class MapView {
  constructor(canvas, readout, pick) {
    Object.assign(this, { canvas, readout, pick, pixels: new Pixels(), shown: null, marked: null, view: null });
    this.hint = readout.textContent;
    canvas.addEventListener("click", (event) => { const at = this.at(event); if (at) this.pick(...at); });
    canvas.addEventListener("mousemove", (event) => this.tell(this.at(event)));
    canvas.addEventListener("mouseleave", () => { this.readout.textContent = this.hint; });
    canvas.addEventListener("dblclick", () => { this.view = null; this.draw(); });
    canvas.addEventListener("wheel", (event) => this.zoom(event), { passive: false });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // What is to be seen: values (rows x cols), scale, colours, words.
  show(shown) {
    if (this.shown && (this.shown.rows !== shown.rows || this.shown.cols !== shown.cols)) this.view = null;
    this.shown = shown;
    this.pixels.fill(shown.cols, shown.rows, (words) => paint(shown.values, words, shown.low, shown.high, shown.colours));
    this.draw();
  }

  mark(row, column) {
    this.marked = [row, column];
    this.draw();
  }

  draw() {
    if (!this.shown || !this.canvas.clientWidth) return;
    const [to, wide, high] = sharp(this.canvas);
    const { rows, cols, bias } = this.shown;
    const view = (this.view ??= { r: 0, c: 0, rows, cols });
    const box = (this.box = { x: 52, y: 6, w: wide - 52 - 78, h: high - 6 - 38 });
    to.drawImage(this.pixels.canvas, view.c, view.r, view.cols, view.rows, box.x, box.y, box.w, box.h);
    to.strokeRect(box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
    const x = (c) => box.x + ((c + 0.5 - view.c) / view.cols) * box.w;
    const y = (r) => box.y + ((r + 0.5 - view.r) / view.rows) * box.h;
    to.textAlign = "center";
    to.textBaseline = "top";
    for (const c of ticks(view.c, view.c + view.cols - 1, Math.min(8, box.w / 60)).filter(Number.isInteger)) {
      to.fillRect(x(c) - 0.5, box.y + box.h, 1, 4);
      to.fillText(whole(c), x(c), box.y + box.h + 6);
    }
    to.fillText("column", box.x + box.w / 2, box.y + box.h + 22);
    to.textAlign = "right";
    to.textBaseline = "middle";
    for (const r of ticks(view.r, view.r + view.rows - 1, 8).filter(Number.isInteger)) {
      to.fillRect(box.x - 4, y(r) - 0.5, 4, 1);
      to.fillText(whole(r), box.x - 6, y(r));
    }
    to.save();
    to.translate(8, box.y + box.h / 2);
    to.rotate(-Math.PI / 2);
    to.textAlign = "center";
    to.fillText(bias ? `row (${whole(rows - 1)} is the bias)` : "row", 0, 0);
    to.restore();
    scaleBar(to, this.shown, box.x + box.w + 10, box.y, box.h);
    if (this.marked) {
      const [r, c] = this.marked;
      if (r >= view.r && r < view.r + view.rows && c >= view.c && c < view.c + view.cols) {
        const a = Math.max(box.w / view.cols, 8), b = Math.max(box.h / view.rows, 8);
        for (const [colour, width] of [["#ffffff", 3.5], ["#000000", 1.5]]) {
          to.strokeStyle = colour;
          to.lineWidth = width;
          to.strokeRect(x(c) - a / 2, y(r) - b / 2, a, b);
        }
        to.lineWidth = 1;
      }
    }
  }

  at(event) {
    if (!this.box || !this.view) return null;
    const box = this.box, view = this.view;
    const u = (event.offsetX - box.x) / box.w, v = (event.offsetY - box.y) / box.h;
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
    return [Math.floor(view.r + v * view.rows), Math.floor(view.c + u * view.cols)];
  }

  tell(at) {
    const s = this.shown;
    this.readout.textContent = at && s
      ? `row ${whole(at[0])}, column ${whole(at[1])}: ${s.name} = ${number(s.values[at[0] * s.cols + at[1]] / s.factor)} ${s.unit}`
      : this.hint;
  }

  zoom(event) {
    const at = this.at(event);
    if (!at) return;
    event.preventDefault();
    const { rows, cols } = this.shown, view = this.view, box = this.box;
    const by = event.deltaY < 0 ? 0.8 : 1.25;
    const u = (event.offsetX - box.x) / box.w, v = (event.offsetY - box.y) / box.h;
    const next = { rows: Math.min(rows, Math.max(4, view.rows * by)), cols: Math.min(cols, Math.max(4, view.cols * by)) };
    next.r = Math.min(Math.max(view.r + v * (view.rows - next.rows), 0), rows - next.rows);
    next.c = Math.min(Math.max(view.c + u * (view.cols - next.cols), 0), cols - next.cols);
    this.view = next;
    this.draw();
  }
}

// Columns of the first layer as images: what a neuron of the next layer looks for.
export class FieldsView {
  constructor(canvas, readout, pick) {
    Object.assign(this, { canvas, readout, pick, pixels: new Pixels(), shown: null });
    this.hint = readout.textContent;
    canvas.addEventListener("click", (event) => { const at = this.at(event); if (at) this.pick(at.row, at.column); });
    canvas.addEventListener("mousemove", (event) => this.tell(this.at(event)));
    canvas.addEventListener("mouseleave", () => { this.readout.textContent = this.hint; });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  show(shown, wide, high) {
    this.shown = { ...shown, wide, tall: high };
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!this.shown || !width) return;
    const { values, cols, low, high, colours, wide: w, tall: h } = this.shown;
    let across = 1; // the largest images of which all fit
    while (across < cols && (Math.ceil(cols / across) * width * (h + 1)) / (across * (w + 1)) > 420) across++;
    const down = Math.ceil(cols / across), size = width / (across * (w + 1));
    this.canvas.style.height = `${Math.max(40, Math.round(down * (h + 1) * size))}px`;
    this.grid = { across, down, w, h, size };
    const line = across * (w + 1), colour = new Uint32Array(values.length);
    paint(values, colour, low, high, colours);
    this.pixels.fill(line, down * (h + 1), (words) => {
      words.fill(0xffffffff);
      for (let c = 0; c < cols; c++) {
        const from = Math.floor(c / across) * (h + 1) * line + (c % across) * (w + 1);
        for (let y = 0, r = 0; y < h; y++) for (let x = 0; x < w; x++, r++) words[from + y * line + x] = colour[r * cols + c];
      }
    });
    const [to] = sharp(this.canvas);
    to.drawImage(this.pixels.canvas, 0, 0, line * size, down * (h + 1) * size);
  }

  at(event) {
    if (!this.grid) return null;
    const { across, w, h, size } = this.grid;
    const px = Math.floor(event.offsetX / size), py = Math.floor(event.offsetY / size);
    const column = Math.floor(py / (h + 1)) * across + Math.floor(px / (w + 1));
    const x = px % (w + 1), y = py % (h + 1);
    if (x >= w || y >= h || column >= this.shown.cols || Math.floor(px / (w + 1)) >= across) return null;
    return { row: y * w + x, column, x, y };
  }

  tell(at) {
    const s = this.shown;
    this.readout.textContent = at
      ? `column ${whole(at.column)}, pixel ${at.x} across, ${at.y} down (row ${whole(at.row)}): ${s.name} = ` +
        `${number(s.values[at.row * s.cols + at.column] / s.factor)} ${s.unit}`
      : this.hint;
  }
}
