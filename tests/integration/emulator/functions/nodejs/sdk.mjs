// What Lambda's own runtime would bring along, and this machine does not have.
import "@aws-sdk/client-nothing";

export const handler = async () => null;
