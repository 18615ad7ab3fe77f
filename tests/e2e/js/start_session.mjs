// node start_session.mjs OPERATION JSON: one call of the SDK. Prints one JSON line: the answer
// without its token, or the error as a program sees it. Exit status 0 or 1.
import * as ssm from "@aws-sdk/client-ssm";
import { ssmClient } from "./client.mjs";

const [operation, input] = process.argv.slice(2);
const client = ssmClient();
try {
  const answer = await client.send(new ssm[`${operation}Command`](JSON.parse(input)));
  const { SessionId, StreamUrl, $metadata } = answer;
  console.log(JSON.stringify({ SessionId, StreamUrl, status: $metadata.httpStatusCode,
    attempts: $metadata.attempts }));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, message: error.message,
    typed: error instanceof ssm.SSMServiceException,
    status: error.$metadata?.httpStatusCode, requestId: error.$metadata?.requestId,
    attempts: error.$metadata?.attempts }));
  process.exitCode = 1;
} finally {
  client.destroy();
}
