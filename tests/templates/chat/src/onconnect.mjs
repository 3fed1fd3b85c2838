// $connect: a chat needs a name, given as ?name=.
import { add } from "./connections.mjs";

export async function handler(event) {
  const name = event.queryStringParameters?.name;
  if (!name) {
    return { statusCode: 403, body: "a name is needed" };
  }
  await add(event.requestContext.connectionId, name);
  return { statusCode: 200 };
}
