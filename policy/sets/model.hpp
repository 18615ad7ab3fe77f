// One StartSession with its caller and time, as the search proposes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/instant.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/tools/eval.hpp"

namespace ssmgate::sets {

// 127.0.0.1, which `eval` takes for a client that is not named.
[[nodiscard]] IpAddress usual_client() noexcept;

struct Model {
  std::optional<std::string> user, unix_user;
  std::vector<std::string> unix_groups;
  IpAddress client = usual_client();
  std::optional<std::string> account;  // also where the access key carries it
  std::optional<std::string> access_key;
  std::optional<std::string> region;  // absent: only `eval` can be asked so
  std::string target;
  std::optional<std::string> name;  // of the document; absent: the policy's default
  std::optional<std::string> document_account;
  std::map<std::string, std::vector<std::string>> parameters;
  std::optional<std::string> reason;
  Instant now;
};

// A witness as a person or a program can hand it to `ssmgate eval`.
struct Witness {
  tools::EvalCaller caller;
  std::string body;
};

[[nodiscard]] Witness to_witness(const Model& model);

}  // namespace ssmgate::sets
