// A run on the page: its maps, curves and the history of one pair.

import { PLAIN, SIGNED } from "./colours.js";
import { Curves, Now, Over, PairHistory } from "./charts.js";
import { FieldsView, MapView } from "./maps.js";
import { ask, Latest, number, whole } from "./talk.js";

const REST = 150; // ms after which what takes longer than a map is drawn, too

export class Run {
  // `page` has what all runs share: layer, what, scale, shape of images, iteration; and go(iteration), pick(row, column).
  constructor(index, page) {
    Object.assign(this, { index, page, about: null, version: -1, map: null, edges: null });
    this.node = document.getElementById("run").content.firstElementChild.cloneNode(true);
    const $ = (name) => this.node.querySelector(`.${name}`);
    this.$ = $;
    this.mapView = new MapView($("map"), $("map-readout"), (row, column) => page.pick(row, column));
    this.fields = new FieldsView($("fields"), $("fields-readout"), (row, column) => page.pick(row, column));
    this.curves = new Curves($("curves"));
    this.history = new PairHistory($("pair"));
    this.now = new Now($("now"));
    this.over = new Over($("over"));
    this.wanted = new Latest((wish) => this.load(wish).catch((error) => page.fail(error)));
    this.pairs = new Latest((wish) => this.loadPair(wish).catch((error) => page.fail(error)));
  }

  get layer() { return Math.min(this.page.layer, this.about.shapes.length); }
  get what() { return this.page.what in this.about.quantities ? this.page.what : Object.keys(this.about.quantities)[0]; }
  get end() { return Math.max(this.about.iterations, this.about.status === "finished" ? 0 : this.about.planned || 0); }

  unitOf(what) {
    const { factor, prefix } = this.about.siemens;
    return what !== "w" || this.about.in_siemens ? { factor, unit: `${prefix}S` } : { factor: 1, unit: "no unit" };
  }

  // What the server says of the run now; whether anything is new.
  learn(about) {
    if (about.version === this.version) return false;
    const other = this.about && this.about.id !== about.id;
    this.version = about.version;
    this.$("name").textContent = about.name;
    if (about.trouble) {
      this.$("status").textContent = about.trouble;
      this.node.classList.add("busy");
      return false;
    }
    this.node.classList.remove("busy");
    this.about = about;
    this.$("words").textContent = about.words;
    this.$("why").textContent = `${about.why} The page shows the nearest of ${about.keyframes.length} keyframes.`;
    this.$("why").hidden = !about.why;
    const far = about.status === "running" && about.planned ? ` of ${whole(about.planned)}` : "";
    const accuracy = about.accuracy === null ? "" : `, test accuracy ${(100 * about.accuracy).toFixed(2)} % at ${whole(about.evaluated)}`;
    this.$("status").textContent = `${about.status}, ${whole(about.iterations)}${far} updates${accuracy}`;
    if (other) this.page.forget(this);
    this.drawCurves();
    return true;
  }

  async drawCurves() {
    try {
      const data = await ask("curves", { run: this.index });
      await this.curves.show(data, this.end, (n) => this.page.go(n));
    } catch (error) { this.page.fail(error); }
  }

  // The map at the page's iteration; when the slider rests, what hangs on it, too.
  show() {
    if (!this.about || this.about.trouble) return Promise.resolve();
    const wish = { run: this.index, layer: this.layer, iteration: Math.min(this.page.iteration, this.about.iterations), what: this.what };
    for (const chart of [this.curves, this.history, this.over]) chart.cursor(wish.iteration);
    clearTimeout(this.resting);
    return this.wanted.ask(wish);
  }

  async load(wish) {
    const slow = setTimeout(() => this.$("map").classList.add("busy"), 300);
    const title = this.$("map-title");
    const long = setTimeout(() => {
      title.textContent = "Replaying, and compiling for this machine what was not yet: 5 to 40 s, once ...";
    }, 1500);
    try {
      this.map = await ask("map", wish);
    } finally {
      clearTimeout(slow);
      clearTimeout(long);
      this.$("map").classList.remove("busy");
    }
    this.draw();
    this.page.drawn(this, this.map.ms);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST);
  }

  draw() {
    const { values, valuesShape, what, layer, iteration } = this.map;
    const [rows, cols] = valuesShape, { factor, unit } = this.unitOf(what), signed = what === "w";
    let [low, high] = signed ? [-this.about.weight[layer], this.about.weight[layer]] : this.about.conductance;
    if (this.page.scale === "map") {
      let least = Infinity, most = -Infinity;
      for (const v of values) { if (v < least) least = v; if (v > most) most = v; }
      const size = Math.max(Math.abs(least), Math.abs(most));
      [low, high] = signed ? [-size, size] : [least, most];
      if (!(high > low)) high = low + (Math.abs(low) || 1);
    }
    const name = this.about.quantities[what];
    const shown = { values, rows, cols, low, high, factor, unit, name, label: `${name} (${unit})`, bias: this.about.bias,
      colours: signed ? SIGNED : PLAIN };
    this.mapView.show(shown);
    const at = `layer ${layer} after ${whole(iteration)} updates${this.about.every ? "" : " (a keyframe)"}`;
    this.$("map-title").textContent = `${name} (${unit}) of ${at}`;
    this.$("map-title").dataset.iteration = iteration;
    const inputs = rows - (this.about.bias ? 1 : 0), { wide, high: tall } = this.page;
    const fits = layer === 1 && wide * tall === inputs;
    this.$("fields-panel").hidden = layer !== 1;
    this.$("fields").hidden = !fits;
    this.$("fields-title").textContent = fits
      ? `Columns as images of ${wide} x ${tall} pixels`
      : `Columns as images: ${whole(inputs)} inputs are not ${wide} x ${tall} pixels; change the numbers above`;
    if (fits) this.fields.show(shown, wide, tall);
  }

  async rest() {
    if (!this.map || !this.about) return;
    try {
      const { layer, what, values } = this.map;
      const asked = { run: this.index, layer, what };
      const key = `${this.version} ${layer} ${what}`;
      const { factor, unit } = this.unitOf(what), label = `${this.about.quantities[what]} (${unit})`;
      if (this.overKey !== key) {
        const data = await ask("histograms", asked);
        if (this.map.layer !== layer || this.map.what !== what) return;
        if (data.counts) {
          await this.over.show(data, factor, label, this.end, (n) => this.page.go(n));
          this.edges = data.edges;
          this.count = data.label;
        }
        this.$("histogram-title").textContent = `Histogram of ${label}, layer ${layer}: now, and over time`;
        this.$("over-readout").textContent = data.complete ? "" : "Going through the run ...";
        if (data.complete) this.overKey = key;
        else { clearTimeout(this.resting); this.resting = setTimeout(() => this.rest(), 500); }
      }
      if (this.edges && this.map.layer === layer && this.map.what === what && this.nowOf !== this.map) {
        await this.now.show(values, this.edges, factor, label, this.count);
        this.nowOf = this.map;
      }
    } catch (error) { this.page.fail(error); }
  }

  pick(row, column) {
    if (!this.about) return;
    const [rows, cols] = this.about.shapes[this.layer - 1];
    if (row >= rows || column >= cols) return;
    this.mapView.mark(row, column);
    this.$("pair-title").textContent = `Pair at row ${row}, column ${column}: asking for its history ...`;
    const digit = Number((this.what.match(/_(\d+)$/) || [0, 0])[1]);
    this.pairs.ask({ run: this.index, layer: this.layer, row, column, digit });
  }

  async loadPair(wish) {
    const data = await ask("pair", wish);
    const { row, column, layer, digit } = data, { factor, unit } = this.unitOf("g_plus");
    const bias = this.about.bias && row === this.about.shapes[layer - 1][0] - 1 ? " (bias)" : "";
    const which = this.about.arrays[digit] ? `, ${this.about.arrays[digit]}` : "";
    const changes = data.kept === "keyframes" ? "at keyframes only" : `${whole(data.iteration.length - 2)} changes, ${whole(data.event.length)} events`;
    this.$("pair-title").textContent = `Pair of layer ${layer} at row ${row}${bias}, column ${column}${which}: ${changes}`;
    await this.history.show(data, this, this.end, (n) => this.page.go(n));
    const table = this.$("counts");
    table.hidden = false;
    table.replaceChildren();
    const last = data.iteration.length - 1;
    const lines = [["at the end", "G+", "G-"]];
    if (data.g_plus) lines.push([`conductance (${unit})`, number(data.g_plus[last] / factor), number(data.g_minus[last] / factor)]);
    for (const [name, words] of [["pulses", "pulses"], ["resets", "resets"], ["half_selects", "half-selects"]]) {
      const plus = data.counts?.[`${name}_plus`];
      if (plus !== undefined) lines.push([words, whole(plus), whole(data.counts[`${name}_minus`])]);
    }
    if (data.event && !data.counts && this.about.status !== "finished") lines.push(["pulses, resets", "counted", "at the end of a run"]);
    if (lines.length === 1) { table.hidden = true; return; }
    lines.forEach((line, at) => {
      const tr = (at ? table.tBodies[0] || table.createTBody() : table.createTHead()).insertRow();
      line.forEach((text, k) => {
        const cell = document.createElement(at === 0 || k === 0 ? "th" : "td");
        cell.textContent = text;
        tr.append(cell);
      });
    });
  }
}
