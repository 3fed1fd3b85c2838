// $disconnect
import { remove } from "./connections.mjs";

export async function handler(event) {
  await remove(event.requestContext.connectionId);
  return { statusCode: 200 };
}
