// The console's HTTP API, and those of the emulator that the console uses as anybody would.

async function answered(response) {
  const text = await response.text();
  let value = {};
  try {
    value = text ? JSON.parse(text) : {};
  } catch {
    value = { message: text };
  }
  if (!response.ok) throw new Error(value.message || `${response.status} ${response.statusText}`);
  return value;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The emulator does not answer. Is it still running?");
  }
  return answered(response);
}

const steps = (...parts) => parts.map(encodeURIComponent).join("/");

export const look = (...parts) => ask(`/_console/api/${steps(...parts)}`);

export const act = (...parts) => ask(`/_console/api/${steps(...parts)}`, { method: "POST" });

export function lookWith(query, ...parts) {
  return ask(`/_console/api/${steps(...parts)}?${new URLSearchParams(query)}`);
}

export function invoke(name, event) {
  return ask(`/_console/api/functions/${encodeURIComponent(name)}/invoke`, { method: "POST", body: event });
}

// A signature must be there and well-formed; the emulator does not verify it.
const SIGNED = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=console/20200101/local/execute-api/aws4_request, SignedHeaders=host, " +
    `Signature=${"0".repeat(64)}`,
};

const gone = "410 Gone: the connection has ended";

async function connections(method, path, id, body) {
  const response = await fetch(`${path}/@connections/${encodeURIComponent(id)}`, {
    method,
    body,
    headers: SIGNED,
  });
  if (response.status === 410) throw new Error(gone);
  if (!response.ok) {
    const value = await response.json().catch(() => ({}));
    throw new Error(`${response.status} ${value.message ?? response.statusText}`);
  }
  return response.status;
}

/** POST @connections, as a function does it. */
export const post = (path, id, text) => connections("POST", path, id, text);

/** DELETE @connections: the client gets a close frame. */
export const close = (path, id) => connections("DELETE", path, id);

/** The connection breaks, without a close frame. */
export function drop(id) {
  return ask(`/_faults/connections/${encodeURIComponent(id)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ action: "drop" }),
  });
}
