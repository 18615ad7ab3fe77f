// `admin`: where the gateway may be looked at. An address that others than this machine could reach
// is refused.
#include <sys/un.h>

#include "config/sections.hpp"
#include "config/values.hpp"

namespace ssmgate::config {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kNone = "none";
// SOURCE: unix(7): the path and a NUL.
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

}  // namespace

std::string render_admin_address(const Admin::Address& address) {
  if (const auto* tcp = std::get_if<SocketAddress>(&address)) return render_socket_address(*tcp);
  if (const auto* path = std::get_if<fs::path>(&address))
    return std::string(kUnix) + path->string();
  return std::string(kNone);
}

void load_admin(const TreeNode& node, const Reader& read, Admin& value) {
  static const Keys kKnown = {"address"};
  if (!read.mapping(node, "`admin`", span_of(kKnown))) return;
  const auto* address = node.find("address");
  if (address == nullptr) return;
  const auto text = read.text(*address, "`address`");
  if (!text) return;
  value.said = true;
  if (*text == kNone) {
    value.address = std::monostate();
    return;
  }
  if (text->starts_with(kUnix)) {
    const fs::path path = read.resolve(std::string_view(*text).substr(kUnix.size()));
    if (path.filename().empty()) {
      return read.error(*address, "`unix:` names no socket; write `unix:/run/ssmgate/admin.sock`");
    }
    if (path.native().size() > kLongestPath) {
      return read.error(*address, "the path of a Unix socket has " + std::to_string(kLongestPath) +
                                      " bytes at most; write a shorter one");
    }
    value.address = path;
    return;
  }
  const auto tcp = parse_socket_address(*text);
  if (!tcp) {
    return read.error(*address,
                      "`address` is not ADDRESS:PORT, such as `127.0.0.1:8878`, "
                      "`\"unix:/run/ssmgate/admin.sock\"` or `none`; names are not looked up");
  }
  if (!is_loopback(tcp->address)) {
    return read.error(*address,
                      "the admin listener is for this machine alone; write `127.0.0.1:8878` or "
                      "`\"unix:/run/ssmgate/admin.sock\"`");
  }
  value.address = *tcp;
}

}  // namespace ssmgate::config
