// The TLS libraries of this machine, each as a small script that says which certificates it
// believes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ssmgate::commands {

// A folder of cases as the scripts read it: `ca.pem`; `manifest` with a line `N HOST` each; and for
// each N the files N.leaf.pem, N.chain.pem (what is sent after the leaf, may be empty), N.full.pem
// (both) and N.key.pem.
struct ProofClient {
  std::string name;     // for the head of a column
  std::string command;  // what must be on PATH
  std::string file;     // the script's name
  std::string script;
  std::string run;         // how it is run: the script's path and the folder follow
  bool heeds_root = true;  // false: does not look at the constraints of the root itself
};
[[nodiscard]] const std::vector<ProofClient>& proof_clients();

struct Verdict {
  bool accepted = false;
  std::string why;  // of a refusal, in the client's words
};

// By case. One that is missing: the client said nothing of it.
[[nodiscard]] std::map<int, Verdict> ask_client(const ProofClient& client,
                                                const std::filesystem::path& folder);

[[nodiscard]] bool is_installed(const std::string& command);

}  // namespace ssmgate::commands
