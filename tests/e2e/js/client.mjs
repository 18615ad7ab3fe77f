// An SSM client that goes through HTTPS_PROXY. Owns the agent, which the SDK does not make itself;
// the extra root comes from NODE_EXTRA_CA_CERTS.
import { SSMClient } from "@aws-sdk/client-ssm";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpsProxyAgent } from "https-proxy-agent";

export function proxyAgent() {
  return new HttpsProxyAgent(process.env.HTTPS_PROXY);
}

export function ssmClient() {
  return new SSMClient({
    region: process.env.AWS_REGION,
    requestHandler: new NodeHttpHandler({ httpsAgent: proxyAgent() }),
  });
}
