// Listens to the emulator, and goes on trying when it is away.

import { receive, setLive } from "./store.js";

const RETRY_MS = 1000;

export function listen() {
  const socket = new WebSocket(
    `${location.protocol.replace("http", "ws")}//${location.host}/_console/events`,
  );
  socket.onmessage = (event) => {
    receive(JSON.parse(event.data));
    setLive(true);
  };
  socket.onclose = () => {
    setLive(false);
    setTimeout(listen, RETRY_MS);
  };
}
