// The table of who is connected.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TABLE_NAME;

export const add = (connectionId, name) => client.send(new PutCommand({ TableName, Item: { connectionId, name } }));

export const remove = (connectionId) => client.send(new DeleteCommand({ TableName, Key: { connectionId } }));

export async function all() {
  const found = [];
  for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    found.push(...page.Items);
  }
  return found;
}
