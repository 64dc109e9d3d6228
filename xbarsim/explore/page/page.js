// The page: what all runs share, and the slider.

import { Run } from "./run.js";
import { ask, whole } from "./talk.js";

const $ = (id) => document.getElementById(id);
const AWAKE = 1000, ASLEEP = 4000; // ms between looks at a file: one that is being written, and one that is not

const page = {
  runs: [], layer: 1, what: "w", scale: "run", iteration: 0, last: 0, wide: 1, high: 1, pair: null, playing: false, follows: true,

  // Go to an iteration: all runs, as far as they go.
  go(iteration) {
    this.iteration = Math.min(Math.max(Math.round(iteration) || 0, 0), this.last);
    this.follows = this.iteration === this.last;
    $("slider").value = this.iteration;
    $("iteration").value = this.iteration;
    this.began = performance.now();
    return Promise.all(this.runs.map((run) => run.show()));
  },

  drawn(run, ms) {
    const all = performance.now() - this.began;
    times.push(all);
    $("took").textContent = `${Math.round(all)} ms, ${Math.round(ms)} of replay`;
  },

  pick(row, column) {
    this.pair = [row, column];
    $("row").value = row;
    $("column").value = column;
    for (const run of this.runs) run.pick(row, column);
  },

  forget() { this.pair = null; },

  fail(error) {
    $("trouble").textContent = error.message;
    $("trouble").hidden = false;
    clearTimeout(this.failed);
    this.failed = setTimeout(() => { $("trouble").hidden = true; }, 8000);
  },
};

const times = (window.xbarsimTimes = []); // ms from each wish to its map

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value, false, String(value) === String(chosen))));
}

// The rectangle nearest to a square.
function squarish(n) {
  let high = Math.floor(Math.sqrt(n));
  while (n % high) high--;
  return [n / high, high];
}

function setUp() {
  const known = page.runs.filter((run) => run.about);
  if (!known.length) return;
  const layers = Math.max(...known.map((run) => run.about.shapes.length));
  page.layer = Math.min(page.layer, layers);
  options($("layer"), Array.from({ length: layers }, (_, k) => {
    const shapes = [...new Set(known.map((run) => run.about.shapes[k]).filter(Boolean).map(([r, c]) => `${r} x ${c}`))];
    return [k + 1, `${k + 1} (${shapes.join("; ")})`];
  }), page.layer);
  const quantities = Object.assign({}, ...known.map((run) => run.about.quantities));
  if (!(page.what in quantities)) page.what = Object.keys(quantities)[0];
  options($("what"), Object.entries(quantities), page.what);
  page.last = Math.max(...known.map((run) => run.about.iterations));
  $("slider").max = $("iteration").max = page.last;
  $("of").textContent = `of ${whole(page.last)} updates`;
  const { shapes, bias } = known[0].about;
  const inputs = shapes[0][0] - (bias ? 1 : 0);
  if (page.inputs !== inputs) {
    page.inputs = inputs;
    [page.wide, page.high] = squarish(inputs);
    $("wide").value = page.wide;
    $("high").value = page.high;
  }
  $("shape").hidden = page.layer !== 1;
}

async function look() {
  let fresh = false, awake = false;
  try {
    const { runs } = await ask("runs");
    $("reading").hidden = true;
    if (!page.runs.length) {
      page.runs = runs.map((_, index) => new Run(index, page));
      $("runs").className = runs.length > 1 ? "two" : "one";
      $("runs").append(...page.runs.map((run) => run.node));
    }
    runs.forEach((about, k) => { fresh = page.runs[k].learn(about) || fresh; awake = awake || about.status === "running"; });
    if (runs.length === 1) document.title = `${runs[0].name} - xbarsim view`;
  } catch (error) { page.fail(error); }
  if (fresh) {
    const follows = page.follows;
    setUp();
    await page.go(follows ? page.last : page.iteration);
    page.follows = follows;
    if (page.pair) page.pick(...page.pair);
  }
  setTimeout(look, awake ? AWAKE : ASLEEP);
}

async function play() {
  page.playing = !page.playing;
  $("play").textContent = page.playing ? "pause" : "play";
  if (page.playing && page.iteration >= page.last) page.iteration = 0;
  const step = Math.max(1, Math.round(page.last / 300));
  while (page.playing && page.iteration < page.last) {
    await page.go(page.iteration + step);
    await new Promise((done) => requestAnimationFrame(done));
  }
  page.playing = false;
  $("play").textContent = "play";
}

function choose(id, act, event = "change") {
  $(id).addEventListener(event, () => { act($(id).value); });
}

$("controls").addEventListener("submit", (event) => event.preventDefault());
choose("layer", (value) => {
  page.layer = Number(value);
  page.pair = null;
  $("shape").hidden = page.layer !== 1;
  page.go(page.iteration);
});
choose("what", (value) => { page.what = value; page.go(page.iteration); if (page.pair) page.pick(...page.pair); });
choose("scale", (value) => { page.scale = value; for (const run of page.runs) if (run.map) run.draw(); });
for (const id of ["wide", "high"]) {
  choose(id, (value) => { page[id] = Math.max(1, Math.round(value) || 1); for (const run of page.runs) if (run.map) run.draw(); });
}
for (const id of ["row", "column"]) {
  choose(id, () => { if ($("row").value !== "" && $("column").value !== "") page.pick(Number($("row").value), Number($("column").value)); });
}
choose("slider", (value) => page.go(Number(value)), "input");
choose("iteration", (value) => page.go(Number(value)));
$("first").addEventListener("click", () => page.go(0));
$("back").addEventListener("click", () => page.go(page.iteration - 1));
$("on").addEventListener("click", () => page.go(page.iteration + 1));
$("last").addEventListener("click", () => page.go(page.last));
$("play").addEventListener("click", play);
look();
