"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const scenes = JSON.parse($("scenes").textContent);
  const served = document.body.dataset.served === "yes";
  const LARGE = 0.5; // size from which on a weight counts as on its neuron
  const LEADERS = 6; // weights of a feature that have a colour
  const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4]];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const state = { scene: null, look: 0, feature: 0, neuron: 0, timer: 0 };
  let charts = [];

  // ---- data

  async function unpacked(scene) {
    const { n, m } = scene, looks = scene.times.length, size = n * m;
    const packed = Uint8Array.from(atob(scene.data), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const count = looks * size, steps = new Int16Array(count);
    for (let i = 0; i < count; i++) {
      const change = bytes[i] | (bytes[count + i] << 8);
      steps[i] = i < size ? change : steps[i - size] + change;
    }
    const norms = new Float32Array(bytes.buffer.slice(2 * count));
    const ends = new Int16Array(steps.subarray(count - size));
    return { ...scene, steps, size, looks, ends, l1Norm: norms.subarray(0, looks * n), l2Norm: norms.subarray(looks * n) };
  }

  const weight = (scene, look, i, k) => scene.steps[look * scene.size + i * scene.m + k] * scene.scale;

  function forces(scene, look, i, k) {
    // feature benefit (1 − ‖W_i‖²) w, interference −Σ_j ReLU(W_i·W_j) W_jk, L1 −λ sign(w); at rest L1 holds
    const { n, m, steps, size, scale, l1 } = scene, start = look * size;
    let norm = 0, interference = 0;
    for (let j = 0; j < n; j++) {
      let product = 0;
      for (let c = 0; c < m; c++) product += steps[start + i * m + c] * steps[start + j * m + c];
      product *= scale * scale;
      if (j === i) norm = product;
      else if (product > 0) interference -= product * steps[start + j * m + k] * scale;
    }
    const w = weight(scene, look, i, k), benefit = (1 - norm) * w, free = benefit + interference;
    const held = w === 0 ? -Math.sign(free) * Math.min(l1, Math.abs(free)) : -l1 * Math.sign(w);
    return { weight: w, benefit, interference, l1: held, sum: free + held };
  }

  function onNeuron(scene, look, k) {
    const found = [];
    for (let i = 0; i < scene.n; i++) {
      const w = weight(scene, look, i, k);
      if (Math.abs(w) > LARGE) found.push([i, w]);
    }
    return found;
  }

  function counted(scene) {
    const { n, m, looks, steps, size, scale } = scene, large = LARGE / scale;
    const active = new Float64Array(looks), polysemantic = new Int32Array(looks), malign = new Int32Array(looks);
    for (let look = 0; look < looks; look++) {
      const plus = new Int32Array(m), minus = new Int32Array(m);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < m; k++) {
          const step = steps[look * size + i * m + k];
          if (step !== 0) active[look] += 1 / n;
          if (step > large) plus[k]++;
          else if (step < -large) minus[k]++;
        }
      }
      for (let k = 0; k < m; k++) {
        if (plus[k] + minus[k] > 1) polysemantic[look]++;
        malign[look] += (plus[k] * (plus[k] - 1) + minus[k] * (minus[k] - 1)) / 2;
      }
    }
    return { active, polysemantic, malign };
  }

  function order(scene) {
    // neurons by the first feature that ends there, then the others as they are
    const first = new Array(scene.m).fill(Infinity);
    for (let k = 0; k < scene.m; k++) {
      for (let i = scene.n - 1; i >= 0; i--) if (scene.ends[i * scene.m + k] !== 0) first[k] = i;
    }
    const all = first.map((_, k) => k);
    return $("ordered").checked ? all.sort((a, b) => (first[a] === first[b] ? a - b : first[a] - first[b])) : all;
  }

  // ---- drawing

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const short = (x) => (x === 0 ? "0" : Math.abs(x) >= 1e4 || Math.abs(x) < 1e-3 ? x.toExponential(1) : String(+x.toPrecision(3)));
  const signed = (x, digits = 3) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(digits);

  function sized(canvas) {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { pen, width, height };
  }

  function ticks(low, high, log) {
    const found = [];
    if (log) {
      const first = Math.ceil(low - 1e-9), every = Math.max(1, Math.ceil((high - first) / 5));
      for (let power = first; power <= high + 1e-9; power += every) found.push([power, short(10 ** power)]);
      return found;
    }
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push([at, short(+at.toPrecision(6))]);
    return found;
  }

  class Chart {
    // lines over time on a logarithmic axis; what does not change with time is drawn once
    constructor(id, label, lines, options = {}) {
      Object.assign(this, { canvas: $(id), label, lines, options });
      this.times = state.scene.times;
      legend(`${id}-legend`, lines.filter((line) => line.name));
      this.draw();
    }

    draw() {
      const { pen, width, height } = sized(this.canvas);
      const log = Boolean(this.options.log), to = (y) => (log ? Math.log10(y) : y);
      const kept = this.lines.flatMap((line) => Array.from(line.y).slice(1)).filter((y) => Number.isFinite(y) && (!log || y > 0)).map(to);
      let [low, high] = kept.reduce(([a, b], y) => [Math.min(a, y), Math.max(b, y)], [Infinity, -Infinity]);
      if (this.options.floor !== undefined) low = Math.max(low, to(this.options.floor));
      if (this.options.zero) low = Math.min(low, 0);
      if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
      const rim = (high - low) * 0.04;
      [low, high] = [low - rim, high + rim];
      const box = { left: 56, right: width - 16, top: 8, bottom: height - 40 };
      const first = Math.log10(this.times[1]), last = Math.log10(this.times.at(-1));
      this.x = (time) => box.left + ((Math.log10(time) - first) / (last - first)) * (box.right - box.left);
      const py = (y) => box.bottom - ((y - low) / (high - low)) * (box.bottom - box.top);
      Object.assign(this, { box, height });
      pen.clearRect(0, 0, width, height);
      pen.font = "12px system-ui, sans-serif";
      pen.fillStyle = colour("quiet");
      pen.strokeStyle = colour("line");
      pen.lineWidth = 1;
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      for (const [at, text] of ticks(low, high, log)) {
        pen.beginPath(); pen.moveTo(box.left, py(at)); pen.lineTo(box.right, py(at)); pen.stroke();
        pen.fillText(text, box.left - 5, py(at));
      }
      pen.textAlign = "center";
      pen.textBaseline = "top";
      for (const [at, text] of ticks(first, last, true)) pen.fillText(text, this.x(10 ** at), box.bottom + 5);
      pen.fillText("flow time t", (box.left + box.right) / 2, box.bottom + 21);
      pen.save();
      pen.translate(11, (box.top + box.bottom) / 2); pen.rotate(-Math.PI / 2); pen.textBaseline = "middle";
      pen.fillText(this.label, 0, 0);
      pen.restore();
      pen.save();
      pen.beginPath(); pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top); pen.clip();
      for (const { band } of this.lines) {
        if (!band) continue;
        pen.globalAlpha = 0.2; pen.fillStyle = colour("front");
        pen.fillRect(box.left, py(to(band[1])), box.right - box.left, py(to(band[0])) - py(to(band[1])));
        pen.globalAlpha = 1;
      }
      for (const line of this.lines) {
        pen.strokeStyle = colour(line.colour); pen.lineWidth = line.width || 2; pen.setLineDash(line.dash || []);
        pen.globalAlpha = line.alpha || 1;
        pen.beginPath();
        let down = false;
        for (let look = 1; look < this.times.length; look++) {
          const y = line.y[look];
          if (!Number.isFinite(y) || (log && y <= 0)) { down = false; continue; }
          if (down) pen.lineTo(this.x(this.times[look]), py(to(y)));
          else pen.moveTo(this.x(this.times[look]), py(to(y)));
          down = true;
        }
        pen.stroke();
      }
      pen.restore();
      this.still = document.createElement("canvas");
      this.still.width = this.canvas.width; this.still.height = this.canvas.height;
      this.still.getContext("2d").drawImage(this.canvas, 0, 0);
    }

    point() {
      const pen = this.canvas.getContext("2d"), at = this.x(Math.max(this.times[state.look], this.times[1]));
      pen.save();
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
      pen.drawImage(this.still, 0, 0);
      pen.restore();
      pen.strokeStyle = colour("front"); pen.lineWidth = 1; pen.setLineDash([]);
      pen.beginPath(); pen.moveTo(at, this.box.top); pen.lineTo(at, this.box.bottom); pen.stroke();
    }
  }

  function legend(id, lines) {
    const NS = "http://www.w3.org/2000/svg";
    $(id).replaceChildren(...lines.map((line) => {
      const item = document.createElement("span"), svg = document.createElementNS(NS, "svg");
      svg.setAttribute("width", "28"); svg.setAttribute("height", "10"); svg.setAttribute("aria-hidden", "true");
      const mark = document.createElementNS(NS, "line");
      for (const [key, value] of Object.entries({ x1: 0, x2: 28, y1: 5, y2: 5, "stroke-width": line.width || 2, "stroke-dasharray": (line.dash || []).join(" ") })) mark.setAttribute(key, value);
      mark.style.stroke = `var(--${line.colour})`;
      svg.append(mark);
      item.append(svg, line.name);
      return item;
    }));
  }

  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  function map() {
    const { scene, look } = state, { n, m } = scene;
    const { pen, width, height } = sized($("map"));
    const places = (state.places = order(scene)), image = new ImageData(m, n);
    const paper = channels(colour("back")), ink = { "1": channels(colour("positive")), "-1": channels(colour("negative")) };
    const start = look * scene.size, extreme = Math.max(1, LARGE / scene.scale);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < m; c++) {
        const step = scene.steps[start + i * m + places[c]], at = 4 * (i * m + c);
        const share = Math.min(1, Math.abs(step) / extreme) ** 0.6, mixed = ink[step < 0 ? "-1" : "1"];
        for (let z = 0; z < 3; z++) image.data[at + z] = paper[z] + share * (mixed[z] - paper[z]);
        image.data[at + 3] = 255;
      }
    }
    const small = document.createElement("canvas");
    small.width = m; small.height = n;
    small.getContext("2d").putImageData(image, 0, 0);
    const box = (state.box = { left: 44, top: 16, width: width - 52, height: height - 54 });
    pen.clearRect(0, 0, width, height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, box.left, box.top, box.width, box.height);
    pen.strokeStyle = colour("line"); pen.lineWidth = 1;
    pen.strokeRect(box.left, box.top, box.width, box.height);
    const cell = [box.width / m, box.height / n], column = places.indexOf(state.neuron);
    pen.strokeStyle = colour("accent"); pen.lineWidth = 2;
    pen.strokeRect(box.left, box.top + state.feature * cell[1], box.width, Math.max(cell[1], 2));
    pen.strokeRect(box.left + column * cell[0], box.top, Math.max(cell[0], 2), box.height);
    pen.fillStyle = colour("warn");
    places.forEach((k, c) => {
      if (onNeuron(scene, look, k).length < 2) return;
      const x = box.left + (c + 0.5) * cell[0];
      pen.beginPath(); pen.moveTo(x - 5, 3); pen.lineTo(x + 5, 3); pen.lineTo(x, 13); pen.fill();
    });
    pen.fillStyle = colour("quiet"); pen.font = "12px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "top";
    pen.fillText(`neurons${$("ordered").checked ? ", by the feature that ends there" : ""}`, box.left + box.width / 2, height - 20);
    pen.save(); pen.translate(12, box.top + box.height / 2); pen.rotate(-Math.PI / 2); pen.textBaseline = "middle"; pen.fillText("features", 0, 0); pen.restore();
    pen.textAlign = "right"; pen.textBaseline = "middle";
    pen.fillText("0", box.left - 5, box.top + cell[1] / 2);
    if (n > 1) pen.fillText(n - 1, box.left - 5, box.top + box.height - cell[1] / 2);
  }

  // ---- what is shown of a scene

  const column = (scene, i, k, of = (w) => w) => Array.from({ length: scene.looks }, (_, look) => of(weight(scene, look, i, k)));

  function chosenCharts() {
    const { scene, feature, neuron } = state, { m, n, looks } = scene;
    const peak = (i, k, from) => { let most = 0; for (let look = from; look < looks; look++) most = Math.max(most, Math.abs(weight(scene, look, i, k))); return most; };
    const neurons = [...Array(m).keys()].sort((a, b) => peak(feature, b, looks >> 1) - peak(feature, a, looks >> 1) || peak(feature, b, 0) - peak(feature, a, 0));
    const lead = neurons.slice(0, LEADERS), rest = neurons.slice(LEADERS);
    const race = rest.map((k) => ({ y: column(scene, feature, k, Math.abs), colour: "grey", width: 0.7, alpha: 0.5 }));
    race.push(...lead.map((k, z) => ({ y: column(scene, feature, k, Math.abs), colour: `s${z}`, dash: DASHES[z], name: `neuron ${k}` })));
    const features = [...Array(n).keys()].sort((a, b) => peak(b, neuron, 1) - peak(a, neuron, 1));
    const there = features.map((i, z) => z < LEADERS
      ? { y: column(scene, i, neuron), colour: `s${z}`, dash: DASHES[z], name: `feature ${i}` }
      : { y: column(scene, i, neuron), colour: "grey", width: 0.7, alpha: 0.5 }).reverse();
    const all = Array.from({ length: looks }, (_, look) => forces(scene, look, feature, neuron));
    const names = { benefit: "feature benefit", interference: "interference", l1: "L1", sum: "sum" };
    const pushes = Object.keys(names).map((key, z) => ({ y: all.map((one) => one[key]), colour: key === "sum" ? "front" : `s${z}`, dash: DASHES[z], name: names[key] }));
    return [
      new Chart("race", "size of weight", race, { zero: true }),
      new Chart("collisions", "weight", there),
      new Chart("forces", "force dw/dt", pushes),
    ];
  }

  function fixedCharts() {
    const { scene } = state, { theory, looks, n } = scene, { active, polysemantic } = (scene.counts ??= counted(scene));
    const mean = (norms) => Array.from({ length: looks }, (_, look) => norms.subarray(look * n, look * n + n).reduce((a, b) => a + b, 0) / n);
    const [low, high] = theory.polysemantic.interval;
    return [
      new Chart("active", "active weights", [
        { y: theory.active, colour: "front", dash: [6, 4], name: "theory, an encoding alone" },
        { y: active, colour: "s0", name: "this run, mean over features" },
      ], { log: true, floor: 0.5 }),
      new Chart("norms", "norm", [
        { y: theory.l1_norm, colour: "front", dash: [6, 4], name: "L1, theory" },
        { y: mean(scene.l1Norm), colour: "s1", name: "L1, this run" },
        { y: theory.l2_norm, colour: "front", dash: [2, 3], name: "L2, theory" },
        { y: mean(scene.l2Norm), colour: "s0", name: "L2, this run" },
      ], { log: true }),
      new Chart("counts", "neurons", [
        { y: new Array(looks).fill(theory.polysemantic.mean), band: [low, high], colour: "front", dash: [6, 4], name: `theory of the end: ${theory.polysemantic.mean.toFixed(2)}, in 95 % of runs ${low} to ${high}` },
        { y: Array.from(polysemantic), colour: "s0", name: "this run" },
        { y: [NaN, low, high, ...new Array(looks - 3).fill(NaN)], colour: "front", width: 0.01 },
      ], { zero: true }),
    ];
  }

  function arrowCharts() {
    const { scene } = state, lines = [{ y: scene.loss, colour: "s0", name: "this run" }];
    if (scene.best) {
      const name = `the best polygon, ${scene.best.corners} corners: ${scene.best.loss.toFixed(4)}`;
      lines.unshift({ y: new Array(scene.times.length).fill(scene.best.loss), colour: "front", dash: [6, 4], name });
    }
    return [new Chart("loss", "loss", lines)];
  }

  function plane() {
    const { scene, look } = state, { pen, width, height } = sized($("plane"));
    const reach = 1.2 * Math.max(1, ...scene.weights.flat().map(([x, y]) => Math.hypot(x, y))), unit = Math.min(width, height) / 2 / reach;
    const at = (x, y) => [width / 2 + x * unit, height / 2 - y * unit];
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = colour("line"); pen.lineWidth = 1;
    pen.beginPath(); pen.moveTo(...at(-reach, 0)); pen.lineTo(...at(reach, 0)); pen.moveTo(...at(0, -reach)); pen.lineTo(...at(0, reach)); pen.stroke();
    pen.beginPath(); pen.arc(width / 2, height / 2, unit, 0, 2 * Math.PI); pen.stroke();
    pen.fillStyle = colour("quiet"); pen.font = "12px system-ui, sans-serif"; pen.textAlign = "right"; pen.textBaseline = "bottom";
    pen.fillText("neuron 0", ...at(reach, 0.01)); pen.textAlign = "left"; pen.textBaseline = "top"; pen.fillText("neuron 1", ...at(0.02, reach));
    pen.font = "13px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    scene.weights[look].forEach(([x, y], i) => {
      pen.strokeStyle = pen.fillStyle = colour(`s${i % 8}`); pen.lineWidth = 2.5; pen.setLineDash([]);
      const [px, py] = at(x, y), long = Math.hypot(x, y), turn = Math.atan2(-y, x);
      pen.beginPath(); pen.moveTo(...at(0, 0)); pen.lineTo(px, py); pen.stroke();
      if (long * unit > 8) {
        pen.beginPath(); pen.moveTo(px, py);
        pen.lineTo(px - 9 * Math.cos(turn - 0.4), py - 9 * Math.sin(turn - 0.4));
        pen.lineTo(px - 9 * Math.cos(turn + 0.4), py - 9 * Math.sin(turn + 0.4)); pen.fill();
      }
      const away = (long * unit + 12) / (long * unit || 1);
      pen.fillText(i, width / 2 + (px - width / 2) * away, height / 2 + (py - height / 2) * away);
    });
  }

  function words() {
    const { scene, look, feature, neuron } = state, time = `t = ${short(scene.times[look])}`;
    $("time").textContent = time;
    $("look").setAttribute("aria-valuetext", time);
    if (scene.kind === "arrows") {
      $("now").textContent = `Loss ${scene.loss[look].toFixed(4)}.`;
      return;
    }
    const counts = scene.counts, plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
    $("now").textContent = `${short(counts.active[look])} active weights a feature; ${plural(counts.polysemantic[look], "polysemantic neuron")}; ${plural(counts.malign[look], "malign collision")}.`;
    const push = forces(scene, look, feature, neuron);
    for (const [name, value] of Object.entries(push)) $(name).textContent = signed(value, 4);
    const held = onNeuron(scene, look, neuron).map(([i, w]) => `${i} (${signed(w)})`);
    $("on-neuron").textContent = held.length ? `On it now: feature${held.length > 1 ? "s" : ""} ${held.join(", ")}.` : "No feature is on it now.";
  }

  function shown() { // at another time
    if (state.scene.kind === "flow") map(); else plane();
    for (const chart of charts) chart.point();
    words();
  }

  function chosen() { // another weight
    const { scene, feature, neuron } = state;
    $("feature").value = feature; $("neuron").value = neuron;
    for (const node of document.querySelectorAll(".feature")) node.textContent = feature;
    for (const node of document.querySelectorAll(".neuron")) node.textContent = neuron;
    for (const node of $("polysemantic").children) node.setAttribute("aria-pressed", node.value === String(neuron));
    charts = [...chosenCharts(), ...fixedCharts()];
    shown();
  }

  function choices(scene) {
    const last = scene.looks - 1, found = [];
    for (let k = 0; k < scene.m; k++) if (onNeuron(scene, last, k).length > 1) found.push(k);
    $("polysemantic").replaceChildren(found.length ? "In the end polysemantic: " : "", ...found.map((k) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", value: k, textContent: k });
      button.setAttribute("aria-label", `neuron ${k}`);
      button.addEventListener("click", () => choose(onNeuron(scene, last, k)[0][0], k));
      return button;
    }));
    return found;
  }

  function choose(feature, neuron) {
    const { scene } = state, within = (value, most) => Math.min(Math.max(Math.round(value) || 0, 0), most - 1);
    Object.assign(state, { feature: within(feature, scene.n), neuron: within(neuron, scene.m) });
    chosen();
  }

  async function open(scene) {
    stop();
    const flow = scene.kind === "flow";
    state.scene = flow && !scene.steps ? Object.assign(scene, await unpacked(scene)) : scene;
    $("flow").hidden = !flow; $("arrows").hidden = flow;
    $("look").max = scene.times.length - 1;
    state.look = Math.min(Math.floor(scene.times.length * 0.6), scene.times.length - 1);
    $("look").value = state.look;
    if (flow) {
      $("feature").max = scene.n - 1; $("neuron").max = scene.m - 1;
      legend("map-legend", [{ name: "positive weight", colour: "positive", width: 8 }, { name: "negative weight", colour: "negative", width: 8 }]);
      state.scene.counts ??= counted(state.scene);
      const [neuron = 0] = choices(state.scene), on = onNeuron(state.scene, scene.looks - 1, neuron);
      choose(on.length ? on[0][0] : 0, neuron);
    } else {
      charts = arrowCharts();
      shown();
    }
    document.body.dataset.ready = "yes";
  }

  // ---- what one does

  function stop() { clearInterval(state.timer); state.timer = 0; $("play").setAttribute("aria-pressed", "false"); $("play").textContent = "Play"; }

  $("play").addEventListener("click", () => {
    if (state.timer || still.matches) return stop();
    if (state.look >= +$("look").max) $("look").value = state.look = 0;
    $("play").setAttribute("aria-pressed", "true"); $("play").textContent = "Stop";
    state.timer = setInterval(() => {
      if (state.look >= +$("look").max) return stop();
      $("look").value = ++state.look;
      shown();
    }, 60);
  });
  $("look").addEventListener("input", () => { stop(); state.look = +$("look").value; shown(); });
  $("feature").addEventListener("change", () => choose($("feature").value, state.neuron));
  $("neuron").addEventListener("change", () => choose(state.feature, $("neuron").value));
  $("ordered").addEventListener("change", shown);
  $("map").addEventListener("click", (event) => {
    const { box, scene, places } = state;
    const c = Math.floor(((event.offsetX - box.left) / box.width) * scene.m), i = Math.floor(((event.offsetY - box.top) / box.height) * scene.n);
    if (c >= 0 && c < scene.m && i >= 0 && i < scene.n) choose(i, places[c]);
  });
  $("run").addEventListener("change", () => open(scenes[+$("run").value]));

  function listed(scene) {
    const option = document.createElement("option");
    option.textContent = scene.label;
    option.value = scenes.indexOf(scene);
    $("run").append(option);
  }

  async function asked(event, path) {
    event.preventDefault();
    $("refused").textContent = "";
    document.body.dataset.ready = "no";
    const answer = await fetch(`${path}?${new URLSearchParams(new FormData(event.target))}`);
    if (!answer.ok) { $("refused").textContent = await answer.text(); document.body.dataset.ready = "yes"; return; }
    const scene = await answer.json();
    scenes.push(scene);
    listed(scene);
    $("run").value = scenes.indexOf(scene);
    await open(scene);
  }

  if (served) {
    $("settings").hidden = $("sharing").hidden = false;
    $("settings").addEventListener("submit", (event) => asked(event, "/flow"));
    $("sharing").addEventListener("submit", (event) => asked(event, "/arrows"));
  }
  let resized = 0;
  const redraw = () => { if (!state.scene) return; for (const chart of charts) chart.draw(); shown(); };
  addEventListener("resize", () => { cancelAnimationFrame(resized); resized = requestAnimationFrame(redraw); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  scenes.forEach(listed);
  open(scenes[0]);
})();
