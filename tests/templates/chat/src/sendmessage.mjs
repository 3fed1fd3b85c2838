// sendmessage: {"action": "sendmessage", "text": "…"}
import { broadcast } from "./broadcast.mjs";
import { all } from "./connections.mjs";

export async function handler(event) {
  const { connectionId, domainName, stage } = event.requestContext;
  const { text } = JSON.parse(event.body);
  const sender = (await all()).find((connection) => connection.connectionId === connectionId);
  console.log("%s says %j", sender?.name, text);
  await broadcast(`https://${domainName}/${stage}`, { from: sender?.name, text });
  return { statusCode: 200 };
}
