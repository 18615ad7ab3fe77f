// node shell_session.mjs TARGET LINE...: StartSession by the SDK, then a shell over the data
// channel by ssm-session, both through HTTPS_PROXY. Types each LINE at a prompt, prints what the
// shell wrote, and ends with the channel.
import { StartSessionCommand } from "@aws-sdk/client-ssm";
import ssmSession from "ssm-session";
import WebSocket from "ws";
import { proxyAgent, ssmClient } from "./client.mjs";

const { ssm } = ssmSession;
const PAYLOAD_OUTPUT = 1;
const termOptions = { rows: 24, cols: 80 };
const [target, ...lines] = process.argv.slice(2);

const client = ssmClient();
const answer = await client.send(new StartSessionCommand({ Target: target }));
client.destroy();

const socket = new WebSocket(answer.StreamUrl, { agent: proxyAgent() });
socket.binaryType = "arraybuffer";
socket.on("open", () => ssm.init(socket, { token: answer.TokenValue, termOptions }));
socket.on("error", (error) => {
  console.error(`data channel: ${error.message}`);
  process.exitCode = 1;
});
socket.on("message", (data) => {
  const got = ssm.decode(data);
  if (got.messageType !== "output_stream_data") return;
  ssm.sendACK(socket, got);
  if (got.payloadType !== PAYLOAD_OUTPUT) return;
  const text = new TextDecoder().decode(got.payload);
  process.stdout.write(text);
  if (text.endsWith("$ ") && lines.length > 0) {
    ssm.sendText(socket, new TextEncoder().encode(`${lines.shift()}\r`));
  }
});
