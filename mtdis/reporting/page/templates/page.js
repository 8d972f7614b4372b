"use strict";
// The page's own program: charts, filters, table and the view of a run, from the data that the page
// holds. Text from data is only ever set as text, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const scheme = window.matchMedia("(prefers-color-scheme: dark)");
const MOST_SHOWN = 200; // rows of a chart that stand below it
const MOST_POINTS = 3000; // seeds that a chart draws
const MOST_LINES = 500; // runs that the parallel axes draw
const MOST_TICKS = 12; // values that are written beside an axis
const redraws = []; // what is drawn again when the scheme changes

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, String(value) === String(chosen))));
}

const number = (value, decimals = 3) => (value === null || value === undefined ? "" : value.toFixed(decimals));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values) => Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));
const distinct = (values) => [...new Set(values)];
const counted = (count, thing) => `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
const evenly = (list, most) => (list.length <= most ? list : Array.from({length: most}, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]));

function look() {
  const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const text = {labelColor: of("--ink"), titleColor: of("--ink"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500};
  const lines = {domainColor: of("--soft"), tickColor: of("--soft"), gridColor: of("--line")};
  return {
    background: "transparent", font: "system-ui, sans-serif", axis: {...text, ...lines}, legend: {...text, labelLimit: 260},
    header: {...text, labelFontWeight: 600}, text: {fill: of("--ink"), color: of("--ink")}, view: {stroke: of("--line")},
  };
}

// Of a scale from dark to bright the end that the ground would swallow is left out.
const scale = (given) => ({...given, scheme: {name: "viridis", extent: scheme.matches ? [0.3, 1] : [0, 0.92]}});

async function draw(name, host, rows, description, change = () => {}) {
  const spec = structuredClone(data.charts[name]);
  spec.datasets = {rows};
  spec.description = description;
  change(spec);
  await window.vegaEmbed(host, spec, {
    ast: true, // expressions are interpreted: the page forbids eval
    actions: {export: true, source: false, compiled: false, editor: false},
    renderer: rows.length > MOST_POINTS ? "canvas" : "svg",
    config: look(),
    tooltip: {theme: scheme.matches ? "dark" : "light"},
  });
  host.querySelector("summary").setAttribute("aria-label", "Save this chart");
}

function asTable(host, columns, rows) {
  const table = element("table");
  const head = table.createTHead().insertRow();
  columns.forEach((column) => head.append(element("th", column, {scope: "col"})));
  const body = table.createTBody();
  for (const row of rows.slice(0, MOST_SHOWN)) {
    const line = body.insertRow();
    row.forEach((value) => (line.insertCell().textContent = value ?? ""));
  }
  host.replaceChildren(table);
  if (rows.length > MOST_SHOWN) host.append(element("p", `The first ${MOST_SHOWN} of ${rows.length.toLocaleString("en")} rows.`));
}

// ---------------------------------------------------------------- explorer

function explore({dimensions, scores, rows, runs, states, experiments, wanted}) {
  const width = dimensions.length;
  const every = rows.map((_, place) => place);
  const text = (row, d) => (rows[row][d] === null ? "–" : dimensions[d].values[rows[row][d]]);
  const value = (row, s) => rows[row][width + s];
  const place = (name) => dimensions.findIndex((dimension) => dimension.name === name);
  const filters = filterForm();
  let table = null;

  function filterForm() {
    const made = [];
    const add = (label, options) => {
      const select = element("select");
      fill(select, options, options[0][0]);
      const holder = element("label", `${label} `);
      holder.append(select);
      at("filters").append(holder);
      select.addEventListener("change", refresh);
      return select;
    };
    if (experiments.length > 1) {
      const select = add("experiment", [...experiments.map((name, e) => [e, name]), ["", "all experiments"]]);
      made.push({select, keeps: (row) => wanted[row].includes(Number(select.value))});
    }
    dimensions.forEach((dimension, d) => {
      if (dimension.name === "network") return;
      const select = add(dimension.label, [["", "all"], ...dimension.values.map((text, v) => [v, text]), ...(rows.some((row) => row[d] === null) ? [["null", "– (not read)"]] : [])]);
      made.push({select, d, keeps: (row) => String(rows[row][d]) === select.value});
    });
    return made;
  }

  // A filter that could take nothing away is not offered.
  function offer() {
    const list = every.filter((row) => filters.every(({select, d, keeps}) => d !== undefined || select.value === "" || keeps(row)));
    for (const {select, d} of filters.filter((filter) => filter.d !== undefined)) {
      const there = new Set(list.map((row) => String(rows[row][d])));
      select.parentElement.hidden = [...there].filter((v) => v !== "null").length < 2;
      if (select.parentElement.hidden || (select.value !== "" && !there.has(select.value))) select.value = "";
      for (const option of select.options) option.hidden = option.disabled = option.value !== "" && !there.has(option.value);
    }
  }

  const kept = () => every.filter((row) => filters.every(({select, keeps}) => select.value === "" || keeps(row)));
  const varying = (list) => dimensions.map((_, d) => d).filter((d) => distinct(list.map((row) => rows[row][d]).filter((v) => v !== null)).length > 1);

  function axes() {
    const options = dimensions.map((dimension, d) => [d, dimension.label]);
    const none = [["", "none"]];
    const fields = dimensions.map((_, d) => d).filter((d) => !["kind", "dataset", "network", "seed"].includes(dimensions[d].name));
    const list = kept();
    const x = fields.find((d) => varying(list).includes(d)) ?? Math.max(0, place("kind"));
    fill(at("metric"), scores.map((score, s) => [s, score.label]), 0);
    fill(at("x"), options, x);
    fill(at("colour"), [...none, ...options], place("kind") >= 0 ? place("kind") : "");
    fill(at("facet"), [...none, ...options], place("dataset") >= 0 ? place("dataset") : "");
    ["metric", "x", "colour", "facet"].forEach((id) => at(id).addEventListener("change", refreshCharts));
  }

  const choice = (id) => (at(id).value === "" ? null : Number(at(id).value));

  // A point is a run, its networks averaged as in the tables, none if one of them has no value; or a
  // network, where the network itself is an axis.
  function points(list, s, chosen) {
    const single = chosen.includes(place("network")) && place("network") >= 0;
    const groups = new Map();
    for (const row of list) {
      const key = single ? row : runs[row];
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    const band = scores[s].bands;
    const average = (members, get) => (members.every((row) => get(row) !== null) ? mean(members.map(get)) : null);
    return [...groups.values()].map((members) => ({
      row: members[0],
      value: average(members, (row) => value(row, s)),
      diverged: members.some((row) => states[row] === "diverged"),
      ...Object.fromEntries(["low", "high", "ceiling"].map((end) => [end, end in band ? average(members, (row) => value(row, band[end])) : null])),
    }));
  }

  function summaries(list, chosen) {
    const groups = new Map();
    for (const point of list) {
      const key = JSON.stringify(chosen.map((d) => (d === null ? null : rows[point.row][d])));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(point);
    }
    const mixed = new Set();
    const other = dimensions.map((_, d) => d).filter((d) => !chosen.includes(d) && !["seed", "network"].includes(dimensions[d].name));
    const made = [...groups.values()].map((members) => {
      const differ = other.filter((d) => distinct(members.map(({row}) => rows[row][d])).length > 1);
      differ.forEach((d) => mixed.add(d));
      return {members, pure: !differ.length};
    });
    return {made, mixed: [...mixed]};
  }

  function chartRows(s, chosen) {
    const [x, colour, facet] = chosen;
    const list = points(kept(), s, chosen);
    const there = list.filter((point) => point.value !== null);
    const {made, mixed} = summaries(there, chosen);
    const decimals = scores[s].decimals;
    const about = (row) => ({x: text(row, x), colour: colour === null ? "" : text(row, colour), facet: facet === null ? "" : text(row, facet)});
    const out = evenly(there, MOST_POINTS).map((p) => ({role: "seed", ...about(p.row), value: p.value, said: `${runName(p.row)}: ${number(p.value, decimals)}`}));
    for (const {members, pure} of made) {
      if (!pure) continue;
      const values = members.map((point) => point.value), middle = mean(values);
      const sd = values.length > 1 ? spread(values) : null;
      const said = `mean ${number(middle, decimals)}${sd === null ? "" : ` ± ${number(sd, decimals)}`}, n = ${values.length}`;
      out.push({role: "mean", ...about(members[0].row), value: middle, low: middle - (sd ?? 0), high: middle + (sd ?? 0), n: values.length, joined: dimensions[x].ordered, said});
      const calibrated = members.filter((point) => point.low !== null);
      if (calibrated.length) {
        const of = (end) => mean(calibrated.map((point) => point[end]));
        const tops = calibrated.filter((point) => point.ceiling !== null);
        const ceiling = tops.length ? mean(tops.map((point) => point.ceiling)) : null;
        const words = `rotations ${number(of("low"), decimals)} to ${number(of("high"), decimals)}${ceiling === null ? "" : `, ceiling ${number(ceiling, decimals)}`}`;
        out.push({role: "band", ...about(members[0].row), low: of("low"), high: of("high"), ceiling, said: words});
      }
    }
    return {out, list, there, made, mixed};
  }

  function note(s, {out, list, there, made, mixed}) {
    const means = out.filter((row) => row.role === "mean");
    const counts = distinct(means.map((row) => row.n)).sort((a, b) => a - b);
    const said = [`${scores[s].label}: ${counted(there.length, "point")}.`];
    if (there.length > MOST_POINTS) said.push(`${counted(MOST_POINTS, "point")} of them, evenly chosen, are drawn; means are of all.`);
    if (means.length) said.push(`Squares are means${counts.some((n) => n > 1) ? " ± sd over seeds (ddof 1)" : ""}, n = ${counts.length > 1 ? `${counts[0]} to ${counts.at(-1)}` : counts[0]}.`);
    if (counts.includes(1)) said.push("Of n = 1 there is no spread.");
    if (mixed.length) said.push(`Places that hold several values of ${mixed.map((d) => dimensions[d].label).join(", ")} have no mean: choose it as x, colour or facet, or filter by it.`);
    if (out.some((row) => row.role === "band")) said.push("Bands: 5 to 95 % of rotations of the white codes; grey ticks: their best aligned rotation.");
    else said.push("Not calibrated: no null and no ceiling are known.");
    const diverged = list.filter((point) => point.diverged).length, lost = list.length - there.length - diverged;
    if (diverged) said.push(`${counted(diverged, "run")} with a diverged network ${diverged === 1 ? "is" : "are"} not drawn.`);
    if (lost > 0) said.push(`${counted(lost, "run")} without this score.`);
    return said.join(" ");
  }

  const used = (list, d) => distinct(list.map((row) => rows[row][d])).sort((a, b) => (a === null) - (b === null) || a - b).map((v) => (v === null ? "–" : dimensions[d].values[v]));

  async function drawScores() {
    const s = Number(at("metric").value);
    const chosen = [choice("x"), choice("colour"), choice("facet")];
    const [x, colour, facet] = chosen;
    const result = chartRows(s, chosen);
    at("scores-note").textContent = note(s, result);
    const list = result.there.map((point) => point.row);
    const facets = facet === null ? 1 : Math.max(1, used(list, facet).length);
    const room = at("scores").clientWidth - 30;
    const columns = Math.max(1, Math.min(3, facets, Math.floor(room / 260)));
    const panel = Math.max(180, Math.min(640, room / columns - 62));
    const texts = used(list, x);
    const flat = texts.reduce((sum, word) => sum + word.length * 7.5 + 12, 0) < panel;
    asTable(at("scores-rows"), ["role", dimensions[x].label, colour === null ? "" : dimensions[colour].label, facet === null ? "" : dimensions[facet].label, "value", "what"], result.out.map((row) => [row.role, row.x, row.colour, row.facet, number(row.value, scores[s].decimals), row.said]));
    const description = `${scores[s].label} by ${dimensions[x].label}. ${note(s, result)}`;
    await draw("scores", at("scores"), result.out, description, (spec) => {
      spec.columns = columns;
      const roles = new Set(result.out.map((row) => row.role));
      const rowsOf = ([{filter}]) => [...roles].some((role) => filter.includes(`'${role}'`)) && (dimensions[x].ordered || !filter.includes("joined"));
      spec.spec.layer = spec.spec.layer.filter(({transform}) => rowsOf(transform));
      spec.facet.sort = facet === null ? null : used(list, facet);
      if (facet === null) spec.facet.header = {labels: false};
      spec.spec.width = panel;
      for (const layer of spec.spec.layer) {
        const {encoding} = layer;
        if (encoding.x) Object.assign(encoding.x, {title: dimensions[x].label, sort: texts, axis: {labelAngle: flat ? 0 : -35, labelLimit: 150}});
        if (encoding.xOffset) encoding.xOffset.sort = colour === null ? null : used(list, colour);
        if (x === colour || colour === null) delete encoding.xOffset;
        if (encoding.y) encoding.y.title = scores[s].label;
        if (encoding.color?.field === "colour") encoding.color = colourOf(encoding.color, colour, list);
      }
    });
  }

  function colourOf(encoding, colour, list) {
    if (colour === null) return {value: "#3a6ea5"};
    const values = used(list, colour);
    const legend = {...encoding.legend, columns: window.innerWidth < 640 ? 1 : 4};
    if (dimensions[colour].name === "kind") return {...encoding, legend, scale: {domain: values, range: values.map((kind) => data.colours[kind] ?? "#777")}};
    const own = {domain: values};
    return {...encoding, legend, scale: dimensions[colour].ordered ? scale(own) : {...own, scheme: "tableau10"}};
  }

  async function drawParallel() {
    const s = Number(at("metric").value), list = kept();
    const shown = varying(list).filter((d) => dimensions[d].name !== "network");
    const all = points(list, s, []).filter((point) => point.value !== null);
    const drawn = evenly(all, MOST_LINES);
    const values = all.map((point) => point.value), low = Math.min(...values), high = Math.max(...values);
    const scaled = (v) => (high > low ? (v - low) / (high - low) : 0.5);
    const height = (d, v) => (v === null ? 0 : dimensions[d].values.length > 1 ? v / (dimensions[d].values.length - 1) : 0.5);
    const out = [];
    for (const {row, value: score} of drawn) {
      const about = {role: "run", run: runs[row], score, said: `${runName(row)}: ${number(score, scores[s].decimals)}`};
      shown.forEach((d) => out.push({...about, axis: dimensions[d].label, place: rows[row][d] === null ? null : height(d, rows[row][d])}));
      out.push({...about, axis: scores[s].label, place: scaled(score)});
    }
    for (const d of shown) {
      const there = distinct(drawn.map(({row}) => rows[row][d])).filter((v) => v !== null).sort((a, b) => a - b);
      for (const v of evenly(there, MOST_TICKS)) out.push({role: "tick", axis: dimensions[d].label, place: height(d, v), said: dimensions[d].values[v]});
    }
    if (all.length) [low, high].forEach((v) => out.push({role: "tick", axis: scores[s].label, place: scaled(v), said: number(v, scores[s].decimals)}));
    const said = `${counted(drawn.length, "run")}${drawn.length < all.length ? ` of ${all.length.toLocaleString("en")}, evenly chosen` : ""}, each a line through its fields to its score, which colours it; a line ends where a kind does not read a field.`;
    at("parallel-note").textContent = said;
    asTable(at("parallel-rows"), [...shown.map((d) => dimensions[d].label), scores[s].label], drawn.map(({row, value: score}) => [...shown.map((d) => text(row, d)), number(score, scores[s].decimals)]));
    await draw("parallel", at("parallel"), out, said, (spec) => {
      const names = [...shown.map((d) => dimensions[d].label), scores[s].label];
      spec.width = Math.max(at("parallel").clientWidth - 150, 110 * names.length);
      for (const layer of spec.layer) {
        layer.encoding.x.sort = names;
        if (layer.encoding.color) layer.encoding.color.scale = scale({});
        if (layer.mark.stroke) layer.mark.stroke = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
      }
    });
  }

  const runName = (row) => dimensions.map((dimension, d) => (rows[row][d] === null || dimension.name === "network" ? "" : ["kind", "dataset"].includes(dimension.name) ? text(row, d) : `${dimension.label} ${text(row, d)}`)).filter(Boolean).join(", ");

  function drawTable() {
    const list = kept(), shown = new Set(varying(list));
    const lost = list.some((row) => states[row]);
    const there = scores.map((_, s) => list.some((row) => value(row, s) !== null));
    if (table === null) {
      const words = window.jQuery.fn.dataTable.render.text(); // cells of DataTables are HTML otherwise
      const columns = [
        ...dimensions.map((dimension, d) => ({title: escaped(dimension.label), data: (row, type) => (type === "sort" ? rows[row][d] ?? -1 : text(row, d)), render: {...words, sort: (place) => place}})),
        ...scores.map((score, s) => ({title: escaped(score.label), className: "dt-right", type: "num", data: (row, type) => (type === "display" ? number(value(row, s), score.decimals) : value(row, s))})),
        {title: "state", data: (row) => states[row], render: words},
      ];
      table = window.jQuery(at("table")).DataTable({
        data: list, columns, order: [], deferRender: true, pageLength: 15, lengthMenu: [15, 50, 200], autoWidth: false,
        layout: {topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging"},
        language: {search: "Find ", info: "_START_ to _END_ of _TOTAL_ networks", infoEmpty: "nothing", infoFiltered: "(of _MAX_)", lengthMenu: "_MENU_ a page", zeroRecords: "No run is like that."},
      });
    } else table.clear().rows.add(list);
    dimensions.forEach((_, d) => table.column(d).visible(shown.has(d), false));
    scores.forEach((_, s) => table.column(width + s).visible(there[s], false));
    table.column(width + scores.length).visible(lost, false);
    table.draw();
  }

  function escaped(words) { // titles of DataTables are HTML
    const holder = element("span", words);
    return holder.innerHTML;
  }

  async function refreshCharts() {
    await drawScores();
    await drawParallel();
  }

  async function refresh() {
    offer();
    drawTable();
    await refreshCharts();
  }

  axes();
  redraws.push(refreshCharts);
  refresh();
  return {runName, scoresOf: (run) => every.filter((row) => runs[row] === run).map((row) => ({row, values: scores.map((score, s) => [score.label, number(value(row, s), score.decimals)])}))};
}

// ---------------------------------------------------------------- a run

function viewRun(explorer) {
  const {runs} = data;
  const ids = Object.keys(runs);
  const named = (id) => {
    const rows = explorer?.scoresOf(id) ?? [];
    return (rows.length && explorer.runName(rows[0].row)) || runs[id].name;
  };
  const staged = ids.filter((id) => ["decoder", "traversal", "umap"].some((part) => runs[id][part].length));
  fill(at("which"), ids.map((id) => [id, named(id)]), staged.at(-1) ?? ids.at(-1));
  at("which").addEventListener("change", choose);
  at("network").addEventListener("change", show);
  at("factor").addEventListener("change", drawEmbedding);

  function choose() {
    const run = runs[at("which").value];
    const withStages = ["decoder", "traversal", "umap"].flatMap((part) => run[part].map((one) => one.network));
    fill(at("network"), run.networks.map((name) => [name, name]), withStages[0] ?? run.networks[0]);
    const problems = [...run.problems, ...run.diverged.map((name) => `${name} diverged`)];
    at("run-note").hidden = !problems.length;
    at("run-note").textContent = `${problems.join(". ")}.`;
    asTable(at("spec"), ["field", "value"], run.spec);
    drawLosses(run);
    show();
  }

  function show() {
    const run = runs[at("which").value], network = at("network").value;
    const of = (part) => run[part].filter((one) => one.network === network);
    drawCorrelation(run, network);
    showDecoder(of("decoder"));
    showTraversals(of("traversal"));
    at("umap-part").hidden = !of("umap").length;
    if (of("umap").length) fill(at("factor"), of("umap")[0].factors.map((name, f) => [f, name]), 0);
    drawEmbedding();
  }

  function nothing(id, words) {
    at(id).replaceChildren(element("p", words));
    at(`${id}-rows`).replaceChildren();
    at(`${id}-note`).textContent = "";
  }

  async function drawLosses(run) {
    const rows = Object.entries(run.history).flatMap(([network, points]) => points.map(([epoch, loss]) => ({network, epoch, loss})));
    if (!rows.length) return nothing("losses", "Nothing is trained in a run of this kind.");
    const said = "Training loss of each network; a network that diverged ends early.";
    at("losses-note").textContent = said;
    asTable(at("losses-rows"), ["network", "epoch", "training loss"], rows.map((row) => [row.network, row.epoch, row.loss?.toPrecision(4)]));
    await draw("losses", at("losses"), rows, said);
  }

  async function drawCorrelation(run, network) {
    const {factors, networks, rows: count} = run.correlations;
    const found = networks?.[network];
    if (!found) return nothing("correlation", run.diverged.includes(network) ? "The network diverged: it has no codes." : "The codes can't be read.");
    const rows = found.flatMap((line, code) => line.map((strength, f) => ({code: String(code + 1), factor: factors[f], strength})));
    const said = `|ρ| of Spearman between each code of ${network} and each factor, on ${count.toLocaleString("en")} images. A factor without an order, as shape or hue, may be held without any correlation.`;
    at("correlation-note").textContent = said;
    asTable(at("correlation-rows"), ["code", "factor", "|ρ|"], rows.map((row) => [row.code, row.factor, row.strength.toFixed(2)]));
    await draw("correlation", at("correlation"), rows, said, (spec) => (spec.height = 26 * found.length));
  }

  function showDecoder(all) {
    at("decoder-part").hidden = !all.length;
    at("decoder").replaceChildren(...all.map(({sheet, network}) => {
      const holder = element("figure");
      const image = element("img", undefined, {class: "sheet", src: sheet.source, alt: `${sheet.across} test images above, below what the decoder restores of them from the codes of ${network}`});
      image.style.maxWidth = `${sheet.across * 80}px`;
      holder.append(image, element("figcaption", "Above: test images. Below: what a decoder restores of them from the frozen codes."));
      return holder;
    }));
  }

  function showTraversals(all) {
    at("traversal-part").hidden = !all.length;
    at("traversal").replaceChildren(...all.map((one, place) => traversal(one, `slider-${place}`)));
  }

  function tile(sheet, column, line, label) {
    const holder = element("figure");
    const frame = element("div", undefined, {class: "frame", role: "img", "aria-label": label});
    frame.style.backgroundImage = `url("${sheet.source}")`;
    frame.style.backgroundSize = `${sheet.across * 100}% ${sheet.down * 100}%`;
    const move = (step) => (frame.style.backgroundPosition = `${sheet.across > 1 ? (100 * step) / (sheet.across - 1) : 0}% ${sheet.down > 1 ? (100 * line) / (sheet.down - 1) : 0}%`);
    move(column);
    holder.append(frame, element("figcaption", label));
    return {holder, move};
  }

  function traversal({offsets, sheet, image, unit, move}, id) {
    const holder = element("div");
    const middle = offsets.reduce((best, offset, step) => (Math.abs(offset) < Math.abs(offsets[best]) ? step : best), 0);
    const slider = element("input", undefined, {type: "range", id, min: 0, max: offsets.length - 1, step: 1, value: middle});
    const said = element("output", undefined, {for: id});
    const words = (step) => `${offsets[step] > 0 ? "+" : ""}${Number(offsets[step].toFixed(3))} ${unit === "sd" ? "sd of the code" : "raw units"}`;
    const codes = Array.from({length: sheet.down}, (_, line) => tile(sheet, middle, line, `code ${line + 1}`));
    const turn = () => {
      const step = Number(slider.value);
      codes.forEach((code) => code.move(step));
      said.textContent = words(step);
      slider.setAttribute("aria-valuetext", words(step));
    };
    slider.addEventListener("input", turn);
    turn();
    const label = element("label", move === "add" ? "Each code moved by " : "Each code set to ", {for: id});
    const frames = element("div", undefined, {class: "frames"});
    frames.append(...["image", "restored"].map((name, column) => tile(image, column, 0, name).holder), ...codes.map((code) => code.holder));
    const line = element("p");
    line.append(label, said);
    holder.append(line, slider, frames);
    return holder;
  }

  async function drawEmbedding() {
    const [one] = runs[at("which").value].umap.filter(({network}) => network === at("network").value);
    if (!one) return;
    const f = Number(at("factor").value), name = one.factors[f];
    const rows = one.points.map(([x, y], p) => ({x, y, class: one.classes[p][f]}));
    const said = `UMAP of the codes, coloured by the class of ${name}; ${counted(rows.length, "image")}${rows.length < one.of ? ` of ${one.of.toLocaleString("en")}, evenly chosen` : ""}. Axes have no unit, and distances between clusters mean nothing.`;
    at("embedding-note").textContent = said;
    asTable(at("embedding-rows"), ["x", "y", name], rows.map((row) => [row.x, row.y, row.class]));
    await draw("embedding", at("embedding"), rows, said, (spec) => (spec.encoding.color.scale = scale({})));
  }

  redraws.push(choose);
  choose();
}

// ---------------------------------------------------------------- start

function dress() {
  document.documentElement.classList.toggle("dark", scheme.matches); // DataTables looks for it
}

dress();
const explorer = data.explorer ? explore(data.explorer) : null;
if (Object.keys(data.runs).length) viewRun(explorer);
const again = () => redraws.forEach((redraw) => redraw());
scheme.addEventListener("change", () => (dress(), again()));
let narrower = window.innerWidth, waiting;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  if (window.innerWidth !== narrower) waiting = setTimeout(() => ((narrower = window.innerWidth), again()), 200);
});
window.addEventListener("beforeprint", () => document.querySelectorAll("#answer details, #experiments details").forEach((one) => (one.open = true)));
