// WebSocket clients that this page opens, as any client would.

const MOST_FRAMES = 300;
const known = [];
let changed = () => {};
let made = 0;

export const clients = () => [...known].reverse();

export function onClients(listener) {
  changed = listener;
}

export function client(path, query, protocols) {
  const own = new Client(path, query.trim().replace(/^\?/, ""), protocols.split(/[\s,]+/).filter(Boolean));
  known.push(own);
  changed();
  return own;
}

class Client {
  constructor(path, query, protocols) {
    this.key = `client-${++made}`;
    this.path = path + (query && `?${query}`);
    this.url = `${location.protocol.replace("http", "ws")}//${location.host}${this.path}`;
    this.state = "connecting";
    this.open = false;
    this.protocol = "";
    this.frames = [];
    this.onchange = () => {};
    this.onframe = () => {};
    this.socket = new WebSocket(this.url, protocols);
    this.socket.onopen = () => {
      this.open = true;
      this.protocol = this.socket.protocol;
      this.#became("open");
    };
    this.socket.onmessage = (event) => this.#frame("received", event.data);
    this.socket.onclose = (event) => {
      // A browser does not tell a page why it was not let in.
      const reason = this.open
        ? `closed ${event.code} ${event.reason}`
        : "refused; Activity shows by what status";
      this.open = false;
      this.#became(reason.trim());
    };
  }

  send(text) {
    this.socket.send(text);
    this.#frame("sent", text);
  }

  close() {
    this.socket.close(1000);
  }

  forget() {
    known.splice(known.indexOf(this), 1);
    changed();
  }

  #frame(kind, text) {
    const frame = { at: Date.now() / 1000, kind, text, text_length: text.length };
    this.frames.push(frame);
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
    this.onframe(frame);
  }

  #became(state) {
    this.state = state;
    this.onchange();
    changed();
  }
}
