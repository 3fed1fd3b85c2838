// What the page knows. The feed fills it; views hear of each change.

const MOST_TRAFFIC = 2000;
const MOST_INVOCATIONS = 500;
const MOST_ENDED = 100;

export const state = {
  application: null,
  live: false,
  connections: new Map(), // by id; those that have ended too, the last of them
  connectionCount: 0,
  traffic: new Map(), // by number
  invocations: new Map(), // by number
  history: null,
};

const listeners = new Set();

/** `listener` gets `{ fresh, traffic, invocations }`: whether everything is new, and what has come or changed. */
export function subscribe(listener) {
  listeners.add(listener);
}

export function setLive(live) {
  state.live = live;
  tell({ fresh: false, traffic: [], invocations: [] });
}

export function receive(message) {
  const fresh = message.type === "snapshot";
  if (fresh) {
    state.application = message.application;
    state.traffic.clear();
    state.invocations.clear();
    refresh(message.connections);
    state.connectionCount = message.connection_count;
  }
  state.history = message.history;
  for (const entry of message.traffic) keepTraffic(entry, fresh);
  for (const entry of message.invocations) state.invocations.set(entry.number, entry);
  trim(state.traffic, MOST_TRAFFIC);
  trim(state.invocations, MOST_INVOCATIONS);
  tell({ fresh, traffic: message.traffic, invocations: message.invocations });
}

function refresh(open) {
  const ids = new Set(open.map((connection) => connection.id));
  for (const [id, known] of state.connections) {
    if (!ids.has(id) && !known.ended) state.connections.delete(id);
  }
  for (const connection of open) state.connections.set(connection.id, connection);
}

function keepTraffic(entry, fresh) {
  const about = entry.connection;
  if (typeof about === "object") entry.connection = about.id;
  state.traffic.set(entry.number, entry);
  if (entry.kind === "connect" && !fresh) {
    if (!state.connections.has(about.id)) state.connectionCount += 1;
    state.connections.set(about.id, about);
  } else if (entry.kind === "disconnect") {
    const known = state.connections.get(about.id);
    if (known && !known.ended) state.connectionCount -= 1;
    state.connections.set(about.id, {
      ...about,
      ended: { at: entry.at, code: entry.status, reason: entry.text },
    });
    trimEnded();
  }
  if (typeof about === "object") Object.assign(entry, { api: about.api, user_agent: about.user_agent });
}

function trimEnded() {
  const ended = [...state.connections.values()].filter((connection) => connection.ended);
  for (const connection of ended.slice(0, -MOST_ENDED)) state.connections.delete(connection.id);
}

function trim(map, most) {
  for (const number of map.keys()) {
    if (map.size <= most) return;
    map.delete(number);
  }
}

function tell(change) {
  for (const listener of listeners) listener(change);
}
