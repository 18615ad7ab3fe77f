// node port_session.mjs TARGET SIZE: StartSession for a port by the SDK, then SIZE bytes over the
// data channel by ssm-session, both through HTTPS_PROXY. The node's port echoes: prints the
// session's id and the SHA-256 of what went there and of what came back.
import { createHash, randomBytes } from "node:crypto";
import { StartSessionCommand } from "@aws-sdk/client-ssm";
import ssmSession from "ssm-session";
import WebSocket from "ws";
import { proxyAgent, ssmClient } from "./client.mjs";

const { ssm } = ssmSession;
const PAYLOAD_OUTPUT = 1;
const CHUNK = 1024;
const [target, size] = process.argv.slice(2);

const client = ssmClient();
const answer = await client.send(
  new StartSessionCommand({
    Target: target,
    DocumentName: "AWS-StartPortForwardingSession",
    Parameters: { portNumber: ["22"] },
  }),
);
client.destroy();

const data = randomBytes(Number(size));
const received = createHash("sha256");
let left = data.length;
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

const socket = new WebSocket(answer.StreamUrl, { agent: proxyAgent() });
socket.binaryType = "arraybuffer";
socket.on("error", (error) => {
  console.error(`data channel: ${error.message}`);
  process.exitCode = 1;
});
socket.on("open", () => {
  ssm.init(socket, { token: answer.TokenValue, termOptions: { rows: 24, cols: 80 } });
  for (let start = 0; start < data.length; start += CHUNK) {
    // Its digest takes no Buffer.
    ssm.sendText(socket, new Uint8Array(data.subarray(start, start + CHUNK)));
  }
});
socket.on("message", (message) => {
  const got = ssm.decode(message);
  if (got.messageType !== "output_stream_data") return;
  ssm.sendACK(socket, got);
  if (got.payloadType !== PAYLOAD_OUTPUT) return;
  received.update(got.payload);
  left -= got.payload.length;
  if (left > 0) return;
  const session = answer.SessionId;
  console.log(JSON.stringify({ session, sent: digest(data), received: received.digest("hex") }));
  socket.close();
});
