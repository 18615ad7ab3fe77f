"use strict";
// Every value goes in as text: nothing that a client sent is ever read as markup.
const find = (selector) => document.querySelector(selector);
function make(name, text, style) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (style) element.className = style;
  return element;
}
function shape(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
function span(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [size, unit] = units[first];
  const rest = seconds % size;
  const next = units[first + 1];
  const more = next ? Math.floor(rest / next[0]) : 0;
  return `${Math.floor(seconds / size)} ${unit}` + (more ? ` ${more} ${next[1]}` : "");
}
function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  while (count >= 1000 && power < units.length - 1) { count /= 1000; ++power; }
  return `${power && count < 10 ? count.toFixed(1) : Math.round(count)} ${units[power]}`;
}
const clock = (time) => new Date(time).toLocaleTimeString([], {hour12: false});
const days = (count) => count === 1 ? "1 day" : `${count} days`;
const place = (item) => (item.host || item.target || "") + (item.port ? `:${item.port}` : "");
function facts(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
}

let state = "connecting";
function badge(text, style) {
  if (state === text) return;
  state = text;
  const element = find("#badge");
  element.textContent = text;
  element.className = `badge ${style}`;
  document.title = text === "healthy" ? "ssmgate" : `ssmgate: ${text}`;
}

function tile(name, value, note, alert) {
  const box = make("div", undefined, alert ? "alert" : "");
  const number = make("dd", String(value));
  if (note) number.append(make("small", note));
  box.append(make("dt", name), number);
  return box;
}

function showStatus(status) {
  badge(status.healthy ? "healthy" : "not healthy", status.healthy ? "good" : "bad");
  find("#about").textContent = `version ${status.version}, up ${span(status.uptime_s)}`;
  const problems = find("#problems");
  const lines = [...status.problems, ...status.warnings];
  problems.hidden = lines.length === 0;
  problems.className = status.problems.length ? "" : "only-warnings";
  const said = lines.join("\n");
  if (problems.dataset.said !== said) {
    problems.dataset.said = said;
    find("#problems ul").replaceChildren(...lines.map((line) => make("li", line)));
  }
  const counts = status.counts;
  const policy = status.policy;
  const reporting = policy.mode === "report";
  find("#tiles").replaceChildren(
    tile("Connections", counts.connections, `${counts.tunnels} tunnels`),
    tile("Sessions", counts.sessions, "have a channel, or wait for one"),
    tile("Allowed", counts.allowed, "since the start"),
    tile("Denied", counts.denied, reporting ? `${counts.reported} let pass` : "since the start"),
    tile("Malformed", counts.malformed, "since the start"),
    tile("Mode", reporting ? "report" : "enforce",
         reporting ? `${days(policy.report_days_left)} left` : "", reporting),
    tile("CA", status.ca.days_left, "days left", status.ca.days_left < 14));
  find("#policy-note").textContent = `for ${span(policy.age_s)}`;
  facts(find("#policy-facts"), [
    ["file", policy.file ?? "the built-in one"],
    ["revision", `${policy.revision.slice(0, 16)}…`],
    ["rules", `${policy.allow_rules} allow, ${policy.deny_rules} deny`],
    ["mode", reporting ? `report: nothing is refused by rules for ${days(policy.report_days_left)} more` : "enforce"]]);
  const rows = [["configuration", status.configuration ?? "the embedded default"]];
  for (const each of status.listeners) {
    rows.push(["listener", `${each.address}, auth ${each.auth}${each.tls ? ", TLS" : ""}`]);
  }
  rows.push(["ca", `${status.ca.certificate}, until ${status.ca.not_after.slice(0, 10)}`]);
  for (const sink of status.audit.sinks) {
    rows.push(["audit", `${sink.name}: ${sink.ok ? "ok" : sink.trouble}`]);
  }
  if (counts.audit_lost) rows.push(["records lost", String(counts.audit_lost)]);
  if (status.reload) {
    rows.push(["last reload", `${clock(status.reload.time)} (${status.reload.asked_by}): ` +
      (status.reload.taken ? "in force" : "refused")]);
  }
  facts(find("#gateway-facts"), rows);
}

function showPolicy(policy) {
  const rows = policy.rules.map((rule) => {
    const row = make("tr");
    const id = make("td", rule.id, "code");
    const kind = make("td");
    kind.append(make("span", rule.effect, `tag ${rule.effect}`));
    const never = rule.decided === 0 && rule.reported === 0;
    const count = make("td", undefined, "number");
    if (never) count.append(make("span", "never matched", "tag never"));
    else count.textContent = rule.reported ? `${rule.decided} (+${rule.reported} reported)` : rule.decided;
    row.append(id, kind, count);
    return row;
  });
  find("#rules-table tbody").replaceChildren(...rows);
}

let open = new Set();
function refusalRow(item) {
  const row = make("li");
  const details = make("details");
  details.open = open.has(item.number);
  details.addEventListener("toggle", () => {
    if (details.open) open.add(item.number); else open.delete(item.number);
  });
  const line = make("summary");
  const when = make("time", clock(item.time));
  when.dateTime = item.time;
  const tag = make("span");
  tag.append(make("span", item.code, `tag ${item.decision}`));
  const what = make("span", place(item) || item.operation, "what");
  what.append(make("small", `${item.document || item.operation}, by ${item.who}`));
  line.append(when, what, tag);
  const more = make("div", undefined, "more");
  more.append(make("div", item.message));
  const list = make("dl");
  const rows = [["nearest rule", item.nearest], ["rule", item.rule], ["target", item.target],
    ["operation", item.operation], ["request id", item.request_id],
    ["effect", item.effect === "relay" ? "let pass: report mode" : ""]];
  facts(list, rows.filter(([, value]) => value));
  more.append(list);
  details.append(line, more);
  row.append(details);
  return row;
}

let bars = [];
let cursor = -1;
function showRefusals(refusals) {
  find("#refusals .empty").hidden = refusals.latest.length > 0;
  const held = document.activeElement?.closest?.("#refusals li");
  const focused = held ? held.dataset.number : null;
  find("#refusals ol").replaceChildren(...refusals.latest.map((item) => {
    const row = refusalRow(item);
    row.dataset.number = item.number;
    return row;
  }));
  if (focused) find(`#refusals li[data-number="${focused}"] summary`)?.focus();
  bars = [];
  for (const [minute, denied, malformed] of refusals.minutes) {
    const start = minute - minute % 300;
    let bar = bars.at(-1);
    if (!bar || bar.start !== start) bars.push(bar = {start, denied: 0, malformed: 0});
    bar.denied += denied;
    bar.malformed += malformed;
  }
  drawPlot();
}

function drawPlot() {
  const plot = find("#plot");
  const most = Math.max(4, ...bars.map((bar) => bar.denied + bar.malformed));
  const width = 1000 / Math.max(bars.length, 1);
  const height = (count) => count / most * 118;
  const parts = [0, .5, 1].map((part) =>
    shape("line", {x1: 0, x2: 1000, y1: 130 - part * 118, y2: 130 - part * 118, "vector-effect": "non-scaling-stroke"}));
  bars.forEach((bar, i) => {
    if (i === cursor) parts.push(shape("rect", {x: i * width, y: 4, width, height: 126, class: "cursor"}));
    const x = i * width + width * .12;
    const down = height(bar.denied);
    const odd = height(bar.malformed);
    if (down) parts.push(shape("rect", {x, y: 130 - down, width: width * .76, height: down, class: "denied"}));
    if (odd) parts.push(shape("rect", {x, y: 130 - down - odd, width: width * .76, height: odd, class: "odd"}));
  });
  plot.replaceChildren(...parts);
  const sum = bars.reduce((all, bar) => all + bar.denied + bar.malformed, 0);
  plot.setAttribute("aria-label", `${sum} refusals in six hours, at most ${Math.max(0, ...bars.map((bar) => bar.denied + bar.malformed))} in five minutes; arrow keys read the bars`);
  const bar = bars[cursor];
  const reading = bar
    ? `${clock(bar.start * 1000).slice(0, 5)}: ${bar.denied} denied, ${bar.malformed} malformed`
    : `${sum} in all, scale to ${most}`;
  if (find("#reading").textContent !== reading) find("#reading").textContent = reading;
}
find("#plot").addEventListener("keydown", (event) => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!step) return;
  event.preventDefault();
  cursor = cursor < 0 ? bars.length - 1 : Math.min(bars.length - 1, Math.max(0, cursor + step));
  drawPlot();
});
find("#plot").addEventListener("mousemove", (event) => {
  const box = find("#plot").getBoundingClientRect();
  cursor = Math.min(bars.length - 1, Math.floor((event.clientX - box.left) / box.width * bars.length));
  drawPlot();
});
for (const name of ["blur", "mouseleave"]) {
  find("#plot").addEventListener(name, () => { cursor = -1; drawPlot(); });
}

function showSessions(list) {
  find("#sessions").hidden = false;
  find("#session-note").textContent = list.length ? `${list.length} open` : "";
  find("#sessions .empty").hidden = list.length > 0;
  find("#sessions table").hidden = list.length === 0;
  find("#sessions tbody").replaceChildren(...list.map((each) => {
    const row = make("tr");
    const cells = [["Who", each.user || each.owner || each.client], ["What", each.document],
      ["Where", [each.target, each.host && place(each)].filter(Boolean).join(" to ")],
      ["Since", each.started ? clock(each.started) : ""],
      ["Up", bytes(each.bytes_up ?? 0), "number"], ["Down", bytes(each.bytes_down ?? 0), "number"]];
    for (const [name, value, style] of cells) {
      const cell = make("td", value, style);
      cell.dataset.name = name;
      row.append(cell);
    }
    return row;
  }));
}

// Bytes grow between events: sessions are asked for, one request at a time.
let asking = false;
async function askForSessions() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch("/v1/sessions");
    if (answer.ok) showSessions((await answer.json()).sessions);
  } catch {
    // The feed says that the gateway does not answer.
  } finally {
    asking = false;
  }
}

const feed = new EventSource("/v1/events");
const told = {status: (status) => { showStatus(status); askForSessions(); },
  policy: showPolicy, refusals: showRefusals};
for (const [name, show] of Object.entries(told)) {
  feed.addEventListener(name, (event) => show(JSON.parse(event.data)));
}
feed.addEventListener("error", () => badge("the gateway does not answer", "bad"));
