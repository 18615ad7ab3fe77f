#include "commands/doctor/runtimes.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "commands/ca_prove_clients.hpp"
#include "commands/doctor/bounded_command.hpp"
#include "state/temporary_folder.hpp"
#include "tls/certificate.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kCompilerPatience{60};

// Arguments: the proxy's host and port, the host, the bundle. They print "accepted" or "refused
// WHY".
constexpr const char* kPython = R"py(
import socket, ssl, sys
proxy, port, host, bundle = sys.argv[1:5]
try:
    stream = socket.create_connection((proxy, int(port)), 8)
    stream.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(1) or sys.exit()
    ssl.create_default_context(cafile=bundle).wrap_socket(stream, server_hostname=host)
    print("accepted")
except ssl.SSLError as error:
    print("refused", getattr(error, "verify_message", error))
)py";

constexpr const char* kNode = R"js(
const net = require('net'), tls = require('tls');
const [proxy, port, host] = process.argv.slice(1);
const stream = net.connect({host: proxy, port: Number(port)}, () => {
  stream.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  stream.once('data', () => {
    const inside = tls.connect({socket: stream, servername: host});
    inside.on('secureConnect', () => { console.log('accepted'); process.exit(); });
    inside.on('error', (e) => { console.log(`refused ${e.message}`); process.exit(); });
  });
});
stream.on('error', () => process.exit());
)js";

// The words behind `said`, which begins with a case's number where `numbered`.
void read_answer(std::string_view said, bool numbered, RuntimeAnswer& answer) {
  said = said.substr(0, said.find('\n'));
  if (numbered) said.remove_prefix(std::min(said.find(' ') + 1, said.size()));
  answer.accepted = said == "accepted";
  answer.answered = answer.accepted || said.starts_with("refused");
  if (said.starts_with("refused ")) answer.why = said.substr(8);
}

void write_case(const fs::path& folder, const RuntimeQuestion& question) {
  std::string chain;
  for (std::size_t i = 1; i < question.shown.size(); ++i) {
    chain += tls::to_pem(question.shown[i].get());
  }
  const std::string leaf = tls::to_pem(question.shown.front().get());
  std::ofstream(folder / "manifest") << "0 " << question.host << "\n";
  std::ofstream(folder / "0.leaf.pem") << leaf;
  std::ofstream(folder / "0.chain.pem") << chain;
  std::ofstream(folder / "0.full.pem") << leaf << chain;
  std::error_code ignored;
  fs::copy_file(question.bundle, folder / "ca.pem", ignored);
}

RuntimeAnswer unanswered(std::string runtime, std::string file) {
  RuntimeAnswer answer;
  answer.runtime = std::move(runtime);
  answer.file = std::move(file);
  return answer;
}

RuntimeAnswer absent(std::string runtime) {
  RuntimeAnswer answer = unanswered(std::move(runtime), {});
  answer.installed = false;
  return answer;
}

// OpenSSL and Go, which judge a chain without a server's key.
RuntimeAnswer ask_verifier(const commands::ProofClient& client, const state::TemporaryFolder& place,
                           const RuntimeQuestion& question) {
  if (!commands::is_installed(client.command)) return absent(client.name);
  RuntimeAnswer answer = unanswered(client.name, question.bundle_variable);
  if (place.error()) {
    answer.unasked = place.fault();
    return answer;
  }
  const fs::path& folder = place.path();
  const fs::path script = folder / client.file;
  std::ofstream(script) << client.script;
  const std::string line =
      client.run + " " + shell_word(script.string()) + " " + shell_word(folder.string());
  const auto said = ask({"sh", "-c", line}, client.command == "go" ? kCompilerPatience : kPatience);
  if (said) read_answer(said->text, true, answer);
  return answer;
}

RuntimeAnswer ask_client(std::string runtime, std::string file, std::vector<std::string> command,
                         const RuntimeQuestion& question) {
  if (!commands::is_installed(command.front())) return absent(std::move(runtime));
  RuntimeAnswer answer = unanswered(std::move(runtime), std::move(file));
  for (const std::string& word :
       {question.proxy.host, std::to_string(question.proxy.port), question.host, question.bundle}) {
    command.push_back(word);
  }
  if (const auto said = ask(command, kPatience)) read_answer(said->text, false, answer);
  return answer;
}

}  // namespace

std::vector<RuntimeAnswer> ask_runtimes(const RuntimeQuestion& question) {
  std::vector<RuntimeAnswer> answers;
  const state::TemporaryFolder folder("doctor");
  if (!question.bundle.empty()) {
    if (!folder.error()) write_case(folder.path(), question);
    for (const commands::ProofClient& client : commands::proof_clients()) {
      if (client.name != "OpenSSL" && client.name != "Go") continue;
      answers.push_back(ask_verifier(client, folder, question));
    }
  }
  if (question.proxy.tls) return answers;
  if (!question.bundle.empty()) {
    answers.push_back(
        ask_client("Python", question.bundle_variable, {"python3", "-c", kPython}, question));
  }
  if (question.ask_node) {
    answers.push_back(ask_client("Node", "NODE_EXTRA_CA_CERTS", {"node", "-e", kNode}, question));
  }
  return answers;
}

Findings check_runtimes(const std::vector<RuntimeAnswer>& answers, const OwnCommands& own) {
  Findings found;
  for (const RuntimeAnswer& each : answers) {
    const std::string id = "runtime." + lower_case(each.runtime);
    if (!each.installed) {
      found.push_back(ok(id, each.runtime + " is not installed here, so it was not asked"));
    } else if (!each.unasked.empty()) {
      const std::string why = each.unasked.substr(0, each.unasked.find("; "));
      found.push_back(warning(id, each.runtime + " is here, but could not be asked: " + why,
                              "name a folder in TMPDIR that you can write to"));
    } else if (each.accepted) {
      found.push_back(ok(id, each.runtime + " believes the gateway by " + each.file));
    } else if (!each.answered) {
      found.push_back(
          warning(id, each.runtime + " is here, but gave no answer in time", own.line("ca prove")));
    } else {
      found.push_back(problem(
          id,
          each.runtime + " does not believe the gateway by " + each.file + " (" + each.why + ")",
          own.set_shell()));
    }
  }
  return found;
}

}  // namespace ssmgate::doctor
