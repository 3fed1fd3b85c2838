// One thing that happened: as a row of a list, and by itself.

import { look, lookWith } from "./api.js";
import { facts, h } from "./dom.js";
import { line, milliseconds, time } from "./format.js";
import { state } from "./store.js";
import { textBlock } from "./text.js";

const KINDS = {
  connect: { sign: "✓", word: "connect", tone: "good" },
  in: { sign: "←", word: "frame in", tone: "in" },
  out: { sign: "→", word: "frame out", tone: "out" },
  disconnect: { sign: "✗", word: "disconnect", tone: "muted" },
  refuse: { sign: "✗", word: "refused", tone: "bad" },
};

function badge({ sign, word, tone }) {
  return h("span", { class: `badge ${tone}` }, h("span", { "aria-hidden": "true" }, sign), ` ${word}`);
}

export function connectionLink(id) {
  return h("a", { href: `#connections/${encodeURIComponent(id)}`, class: "mono" }, id);
}

export function functionLink(id) {
  return h("a", { href: `#functions/${encodeURIComponent(id)}` }, id);
}

export function what(entry) {
  switch (entry.kind) {
    case "connect":
      return line(`${entry.api} ${entry.user_agent}`);
    case "disconnect":
      return `${entry.status} ${line(entry.text)}`;
    case "refuse":
      return `${entry.api} answered ${entry.status}`;
    default:
      return line(entry.text);
  }
}

export function trafficRow(entry) {
  return [
    h("span", { class: "time" }, time(entry.at)),
    badge(KINDS[entry.kind]),
    h("span", { class: "who mono ellipsis" }, entry.connection),
    h(
      "span",
      { class: "what ellipsis" },
      entry.route && h("span", { class: "route" }, entry.route),
      h("span", { class: "mono" }, what(entry)),
    ),
    h("span", { class: "amount" }, ""),
  ];
}

function stateOf(entry) {
  if (entry.state === "running") return { sign: "λ", word: "running", tone: "in" };
  if (entry.state === "failed") return { sign: "λ", word: "failed", tone: "bad" };
  return { sign: "λ", word: entry.cold ? "cold" : "warm", tone: entry.cold ? "cold" : "muted" };
}

export function invocationRow(entry) {
  return [
    h("span", { class: "time" }, time(entry.at)),
    badge(stateOf(entry)),
    h("span", { class: "who ellipsis" }, entry.function),
    h(
      "span",
      { class: "what ellipsis" },
      entry.cause && h("span", { class: "route" }, entry.cause),
      h("span", { class: "mono" }, entry.error ? entry.error : line(entry.response ?? "")),
    ),
    h("span", { class: "amount" }, milliseconds(entry.duration_ms)),
  ];
}

export function trafficDetail(entry) {
  const kind = KINDS[entry.kind];
  const frame = entry.kind === "in" || entry.kind === "out";
  return h(
    "article",
    { class: "detail", "aria-label": kind.word },
    h("h2", {}, badge(kind)),
    facts([
      ["Time", time(entry.at)],
      ["Connection", connectionLink(entry.connection)],
      ["API", entry.api ?? state.connections.get(entry.connection)?.api],
      ["Route", entry.route],
      ["Status", entry.status || ""],
      ["Reason", frame ? "" : line(entry.text)],
    ]),
    frame &&
      textBlock(
        "Message",
        entry.text,
        entry.text_length,
        async () => (await look("traffic", entry.number)).text,
      ),
  );
}

export async function invocationDetail(number) {
  const entry = await look("invocations", number);
  const whole = (name) => async () => (await lookWith({ everything: 1 }, "invocations", number))[name];
  const block = (title, name) => textBlock(title, entry[name], entry[`${name}_length`], whole(name));
  const start = entry.cold ? `cold, ${milliseconds(entry.init_ms)} to start` : "warm";
  return h(
    "article",
    { class: "detail", "aria-label": `Invocation of ${entry.function}` },
    h("h2", {}, badge(stateOf(entry)), " ", functionLink(entry.function)),
    facts([
      ["Time", time(entry.at)],
      ["Cause", entry.cause],
      ["Duration", entry.state === "running" ? "still running" : milliseconds(entry.duration_ms)],
      ["Start", entry.state === "running" ? "" : start],
      ["Error", entry.error],
      ["Request id", h("span", { class: "mono" }, entry.request_id)],
    ]),
    entry.state === "running" ? null : block(entry.error ? "Error" : "Response", "answer"),
    block("Log", "log"),
    block("Event", "event"),
  );
}
