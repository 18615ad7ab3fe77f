// The commands' side of the admin listener: finds the running gateway, asks, waits.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <CLI/CLI.hpp>

#include "config/admin_place.hpp"
#include "config/config.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::commands {

struct AdminFault {
  std::string text;  // one line, with what to do
};

struct AdminAnswer {
  int status = 0;
  std::string body;  // JSON, with a newline
};

class AdminClient {
 public:
  // The gateway that runs with this state: where it says it listens (`admin.address` under
  // `state`), else where the configuration says so.
  [[nodiscard]] static std::variant<AdminFault, AdminClient> find(const config::AdminPlace& place);
  [[nodiscard]] static std::variant<AdminFault, AdminClient> find(
      const config::FoundConfig& settings);

  // Blocks for up to `limit` for the answer. Any status but 2xx is for the caller to judge, 401
  // aside. `target` begins with `/`.
  [[nodiscard]] std::variant<AdminFault, AdminAnswer> ask(
      std::string_view method, std::string_view target,
      std::chrono::seconds limit = std::chrono::seconds(10)) const;

  [[nodiscard]] std::string address() const { return config::render_admin_address(address_); }

 private:
  AdminClient(config::Admin::Address address, std::filesystem::path state, std::string token)
      : address_(std::move(address)), state_(std::move(state)), token_(std::move(token)) {}

  config::Admin::Address address_;
  std::filesystem::path state_;
  std::string token_;  // empty: it may not be read by this user; looking needs none
};

// How a command line names a running gateway: by one of the two, or by the search path.
struct GatewayName {
  std::optional<std::filesystem::path> config;
  std::optional<std::filesystem::path> state;
};

// `--config FILE` and `--state FOLDER` into `name`.
void add_gateway_options(CLI::App& command, GatewayName& name);

// `find` by `name`; what is wrong stands on standard error then. A mistake in the configuration is
// said there, too, and hinders nothing as long as `state` can be read.
[[nodiscard]] std::optional<AdminClient> find_gateway(const GatewayName& name);

// The body as a tree; nothing when it is no JSON object.
[[nodiscard]] std::optional<TreeNode> tree_of(const AdminAnswer& answer);
// `error` of an answer that is one, or its status.
[[nodiscard]] std::string error_of(const AdminAnswer& answer);

}  // namespace ssmgate::commands
