// Says something to everybody without a connection of its own: by the URL that the template gives.
import { broadcast } from "./broadcast.mjs";

export const handler = (event) => broadcast(process.env.CALLBACK_URL, { from: "server", text: event.text });
