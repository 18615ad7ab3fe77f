// The policy of a gateway that was given none.
#include "ssmgate/rules/policy.hpp"

namespace ssmgate {

std::string_view builtin_policy_text() noexcept {
  return R"(version: 1

allow:
  - id: shell
    description: The account's own Session Manager shell.
    documents: [SSM-SessionManagerRunShell]

  - id: local-forward
    description: Ports of the node itself.
    documents: [AWS-StartPortForwardingSession]
    ports: any

message: >-
  This is ssmgate's built-in policy, which allows shells and forwards to the node's own ports alone;
  to allow more, write a policy file and name it under `policy` in ssmgate.yaml.
)";
}

}  // namespace ssmgate
