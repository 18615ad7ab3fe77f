// The admin listener: where whoever runs the gateway looks at it, and tells it to reload.
//
// A thread and an event loop of its own: a scrape or a page takes nothing from the connections that
// the gateway is for, and it answers when those hang.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "admin/router.hpp"
#include "config/config.hpp"

namespace ssmgate::admin {

struct OpenFault {
  std::string text;     // one line
  bool in_use = false;  // another gateway, most likely, has the address
};

class Server {
 public:
  // Binds `address`, which is not `none`, and writes the files under `state` by which commands find
  // it. Nothing is accepted before `start`.
  [[nodiscard]] static std::variant<OpenFault, std::unique_ptr<Server>> open(
      const config::Admin::Address& address, const std::filesystem::path& state);
  ~Server();  // joins; a reply that comes later goes nowhere

  // As bound.
  [[nodiscard]] const config::Admin::Address& address() const noexcept;
  // To add routes to, before `start`.
  [[nodiscard]] Router& router() noexcept;
  void start();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::admin
