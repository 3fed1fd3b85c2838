// What the template describes: APIs and their routes, outputs, warnings.

import { empty, facts, h, replace } from "./dom.js";
import { functionLink } from "./entries.js";
import { state } from "./store.js";

export function apis() {
  const element = h("div", { class: "page" });

  function build() {
    const application = state.application;
    if (!application) return;
    const { websocket_apis: sockets, http_apis: https, outputs, warnings } = application;
    replace(
      element,
      sockets.length + https.length === 0 && empty("The template has no API"),
      sockets.map((api) => socketApi(api, application.url)),
      https.map((api) => httpApi(api, application.url)),
      warnings.length > 0 &&
        h("section", { class: "card" }, h("h2", {}, "Notes"), h("ul", {}, warnings.map((one) => h("li", {}, one)))),
      h(
        "section",
        { class: "card" },
        h("h2", {}, "Outputs and services"),
        facts([...Object.entries(outputs), ["AWS_ENDPOINT_URL", application.store_url]].map(([name, value]) => [
          name,
          h("span", { class: "mono" }, value),
        ])),
      ),
    );
  }

  return {
    title: "APIs",
    element,
    count: () => (state.application ? state.application.websocket_apis.length + state.application.http_apis.length : 0),
    show: build,
    update: (change) => change.fresh && build(),
  };
}

function socketApi(api, url) {
  const base = url.replace("http", "ws");
  return h(
    "section",
    { class: "card" },
    h("h2", {}, api.id, h("span", { class: "tag" }, "WebSocket")),
    facts([
      ["URL", api.paths.map((path) => h("span", { class: "mono block" }, base + path))],
      ["Chooses routes by", h("span", { class: "mono" }, api.selection)],
    ]),
    routes(api.routes, (route) => [
      route.authorization === "NONE" ? "" : route.authorization,
      route.responds ? "answers the client" : "",
    ]),
  );
}

function httpApi(api, url) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, api.id, h("span", { class: "tag" }, "HTTP")),
    facts([["URL", h("span", { class: "mono" }, url + api.stage)]]),
    routes(api.routes, () => []),
  );
}

function routes(every, notes) {
  const noted = every.some((route) => notes(route).some(Boolean));
  const columns = noted ? ["Route", "Function", "Notes"] : ["Route", "Function"];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      every.map((route) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", class: "mono" }, route.key),
          h("td", {}, functionLink(route.function)),
          noted && h("td", { class: "muted" }, notes(route).filter(Boolean).join(", ")),
        ),
      ),
    ),
  );
}
