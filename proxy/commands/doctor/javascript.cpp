#include "commands/doctor/javascript.hpp"

#include <algorithm>
#include <array>

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::array kAgents = {"https-proxy-agent", "proxy-agent", "hpagent", "tunnel"};

}  // namespace

JavascriptFacts gather_javascript(fs::path folder) {
  std::error_code error;
  JavascriptFacts facts;
  for (;; folder = folder.parent_path()) {
    const fs::path modules = folder / "node_modules";
    const fs::path sdk = modules / "@aws-sdk" / "client-ssm";
    if (facts.sdk.empty() && fs::is_directory(sdk, error)) facts.sdk = sdk.string();
    facts.has_agent = facts.has_agent || std::ranges::any_of(kAgents, [&](const char* agent) {
                        return fs::is_directory(modules / agent, error);
                      });
    if (!folder.has_relative_path()) return facts;
  }
}

Findings check_javascript(const JavascriptFacts& facts) {
  if (facts.sdk.empty()) return {};
  if (facts.has_agent) {
    return {ok("proxy.javascript",
               "JavaScript's SDK here has a proxy agent beside it; it has to be "
               "given to each client")};
  }
  return {warning("proxy.javascript",
                  "JavaScript's SDK (" + facts.sdk +
                      ") looks at no HTTPS_PROXY: without an agent "
                      "it goes past the gateway",
                  "npm install https-proxy-agent, and new SSMClient({requestHandler: new "
                  "NodeHttpHandler({httpsAgent: new HttpsProxyAgent(process.env.HTTPS_PROXY)})})")};
}

}  // namespace ssmgate::doctor
