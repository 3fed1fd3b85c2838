// Sends something to everybody, and forgets whoever is gone.
import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

import { all, remove } from "./connections.mjs";

export async function broadcast(endpoint, message) {
  const api = new ApiGatewayManagementApiClient({ endpoint });
  const Data = JSON.stringify(message);
  const outcomes = await Promise.all(
    (await all()).map(async ({ connectionId }) => {
      try {
        await api.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
        return "sent";
      } catch (error) {
        if (!(error instanceof GoneException)) {
          throw error;
        }
        await remove(connectionId);
        return "gone";
      }
    }),
  );
  return {
    sent: outcomes.filter((outcome) => outcome === "sent").length,
    gone: outcomes.filter((outcome) => outcome === "gone").length,
  };
}
