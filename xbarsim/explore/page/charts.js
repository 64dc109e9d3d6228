// Curves, histograms and histories, drawn by Plotly, and a line in each that says where the slider is.

import { BLACK, GREEN, MINUS, PLUS } from "./colours.js";

const CONFIG = { responsive: true, displayModeBar: false };
const GRID = "#e6e6e6";
const axis = (title, more = {}) => ({
  title: { text: title, standoff: 6, font: { size: 12 } }, gridcolor: GRID, zerolinecolor: GRID, linecolor: "#888888", ticks: "outside", automargin: true, ...more,
});
const iterations = (more = {}) => axis("updates", { tickformat: ",d", hoverformat: ",d", exponentformat: "none", rangemode: "nonnegative", ...more });

function layout(more) {
  return {
    font: { family: "system-ui, DejaVu Sans, sans-serif", size: 11.5, color: "#1a1a1a" },
    margin: { l: 56, r: 14, t: 8, b: 42 }, paper_bgcolor: "white", plot_bgcolor: "white", hovermode: "x unified",
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 11 } }, ...more,
  };
}

class Chart {
  constructor(box) {
    this.box = box;
    this.line = null;
  }

  async draw(traces, how) {
    this.box.hidden = false;
    await window.Plotly.react(this.box, traces, layout(how), CONFIG);
    const place = () => { if (this.at !== undefined) this.cursor(this.at); };
    if (!this.placed) this.box.on("plotly_afterplot", place); // after a change of size or zoom, too
    this.placed = true;
    place();
  }

  // A line at so many updates: moved, not drawn anew, since that would take longer than all else.
  cursor(iteration) {
    this.at = iteration;
    const full = this.box._fullLayout;
    if (!full || !full.xaxis) return;
    if (!this.line || !this.line.isConnected) {
      this.line = document.createElement("div");
      this.line.className = "cursor";
      this.box.append(this.line);
    }
    const { l, t, b } = full._size, x = full.xaxis.l2p(iteration);
    this.line.style.display = x >= -0.5 && x <= full.xaxis._length + 0.5 ? "" : "none";
    this.line.style.left = `${l + x}px`;
    this.line.style.top = `${t}px`;
    this.line.style.bottom = `${b}px`;
  }

  onClick(go) {
    if (this.listens) return;
    this.listens = true;
    this.box.on("plotly_click", (event) => go(Math.round(event.points[0].x)));
  }
}

export class Curves extends Chart {
  async show(data, end, go) {
    const many = data.accuracy.length > 60;
    const percent = (values) => Array.from(values, (v) => 100 * v);
    const mean = data.each > 1 ? `, mean of ${data.each}` : "";
    const traces = [
      { x: data.at, y: percent(data.accuracy), name: "test accuracy", mode: many ? "lines" : "lines+markers",
        line: { color: BLACK, width: 1.6 }, marker: { size: 4 }, hovertemplate: "%{y:.2f} %" },
      { x: data.iteration, y: percent(data.wrong), name: `training error${mean}`, mode: "lines",
        line: { color: PLUS, width: 1.2 }, hovertemplate: "%{y:.2f} %" },
    ];
    const pulses = data.pulses.some((v) => v > 0);
    if (pulses) {
      traces.push({ x: data.iteration, y: data.pulses, yaxis: "y2", name: `pulses${mean}`, mode: "lines",
        line: { color: MINUS, width: 1.2 }, hovertemplate: "%{y:.4~s}" });
      traces.push({ x: data.iteration, y: data.resets, yaxis: "y2", name: `resets${mean}`, mode: "lines",
        line: { color: GREEN, width: 1.2, dash: "dot" }, hovertemplate: "%{y:.4~s}" });
    }
    await this.draw(traces, {
      xaxis: iterations({ range: [0, Math.max(end, 1)], anchor: pulses ? "y2" : "y" }),
      yaxis: axis("accuracy, error (%)", { domain: pulses ? [0.44, 1] : [0, 1], range: [0, 101] }),
      ...(pulses && { yaxis2: axis("per iteration", { domain: [0, 0.36], rangemode: "tozero", exponentformat: "SI" }) }),
    });
    this.onClick(go);
  }
}

export class PairHistory extends Chart {
  async show(data, run, end, go) {
    const { factor, unit } = run.unitOf("g_plus"), has = data.g_plus !== undefined, w = run.unitOf("w");
    const shape = data.kept === "keyframes" ? {} : { shape: "hv" };
    const line = (y, name, color, dash) => ({ x: data.iteration, y, name, mode: shape.shape ? "lines" : "lines+markers",
      line: { color, width: 1.3, dash, ...shape }, hovertemplate: "%{y:.5~g}" });
    const scaled = (values, by) => Array.from(values, (v) => v / by);
    const traces = [];
    if (has) {
      traces.push(line(scaled(data.g_plus, factor), "G+", PLUS, "solid"), line(scaled(data.g_minus, factor), "G-", MINUS, "dash"));
      traces.push(line(Array.from(data.g_plus, (g, i) => (g - data.g_minus[i]) / factor), "G+ - G-", BLACK, "solid"));
    } else {
      traces.push(line(scaled(data.w, w.factor), "W", BLACK, "solid"));
    }
    const events = data.event !== undefined;
    if (events) {
      for (const [sign, name, color, dash] of [[1, "raised W", PLUS, "solid"], [-1, "lowered W", MINUS, "dash"]]) {
        const x = [0], y = [0];
        for (let i = 0; i < data.event.length; i++) {
          if (data.change[i] === sign) { x.push(data.event[i]); y.push(y.length); }
        }
        x.push(end);
        y.push(y[y.length - 1]);
        traces.push({ x, y, yaxis: "y2", name, mode: "lines", line: { color, dash, width: 1.3, shape: "hv" }, hovertemplate: "%{y:,}" });
      }
    }
    await this.draw(traces, {
      xaxis: iterations({ range: [0, Math.max(end, 1)], anchor: events ? "y2" : "y" }),
      yaxis: axis(has ? `conductance (${unit})` : `W (${w.unit})`, { domain: events ? [0.42, 1] : [0, 1] }),
      ...(events && { yaxis2: axis("events so far", { domain: [0, 0.34], rangemode: "tozero", tickformat: ",d" }) }),
    });
    this.onClick(go);
  }
}

export class Now extends Chart {
  async show(values, edges, factor, label, count) {
    const n = edges.length - 1, counts = new Array(n).fill(0);
    const low = edges[0], high = edges[n];
    for (const v of values) {
      let a = 0, b = n - 1;
      if (v < low || v > high || v !== v) continue;
      while (a < b) { const m = (a + b + 1) >> 1; if (edges[m] <= v) a = m; else b = m - 1; }
      counts[a]++;
    }
    const middle = counts.map((_, i) => (edges[i] + edges[i + 1]) / 2 / factor);
    const widths = counts.map((_, i) => (edges[i + 1] - edges[i]) / factor);
    await this.draw([{ type: "bar", x: middle, y: counts, width: widths, marker: { color: MINUS, line: { width: 0 } },
      hovertemplate: "%{x:.4~g}: %{y:,}<extra></extra>" }], {
      xaxis: axis(label), yaxis: axis(count, { type: "log", exponentformat: "none", dtick: 1, tickformat: ",d",
        range: [-0.3, Math.log10(Math.max(...counts, 10)) + 0.15] }), hovermode: "closest", bargap: 0,
    });
  }

  cursor() {}
}

export class Over extends Chart {
  async show(data, factor, label, end, go) {
    const [moments, bins] = data.countsShape;
    const z = [];
    for (let b = 0; b < bins; b++) {
      const row = new Array(moments);
      for (let m = 0; m < moments; m++) {
        const count = data.counts[m * bins + b];
        row[m] = count > 0 ? Math.log10(count) : null;
      }
      z.push(row);
    }
    const text = { len: 1, thickness: 12, title: { text: data.label, side: "right" }, tickvals: [0, 1, 2, 3, 4, 5, 6],
      ticktext: ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"] };
    const y = Array.from({ length: bins }, (_, b) => (data.edges[b] + data.edges[b + 1]) / 2 / factor);
    await this.draw([{ type: "heatmap", x: data.moments, y, z, colorscale: "Viridis", colorbar: text, zmin: 0,
      hovertemplate: "%{x:,} updates, %{y:.4~g}: 10^%{z:.2f}<extra></extra>" }], {
      xaxis: iterations({ range: [0, Math.max(end, 1)] }), yaxis: axis(label), hovermode: "closest",
    });
    this.onClick(go);
  }
}
