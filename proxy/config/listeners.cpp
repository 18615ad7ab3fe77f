// `listen`: where we accept, whom, and how they say who they are. A listener that would let in
// anyone by mistake is refused.
#include "config/listeners.hpp"

#include <algorithm>

#include "config/values.hpp"

namespace ssmgate::config {
namespace {

class ListenerLoader {
 public:
  ListenerLoader(bool has_users_file, const Reader& read)
      : has_users_file_(has_users_file), read_(read) {}

  std::vector<Listener> load(const TreeNode& node) {
    read_.list(node, "`listen`", [this](const TreeNode& item) { listener(item); });
    if (listeners_.empty() && node.items.empty() && node.kind == TreeNode::Kind::sequence) {
      read_.error(node, "`listen` is empty; write at least `- address: 127.0.0.1:8877`");
    }
    return std::move(listeners_);
  }

 private:
  void listener(const TreeNode& node) {
    static const Keys kKnown = {"address", "auth", "clients", "insecure", "tls"};
    if (!read_.mapping(node, "a listener", span_of(kKnown))) return;
    const auto* address = node.find("address");
    if (address == nullptr) {
      return read_.error(node, "a listener has no `address`; write `address: 127.0.0.1:8877`");
    }
    Listener listener;
    if (const auto* tls = node.find("tls")) listener.tls = load_tls(*tls);
    if (const auto* clients = node.find("clients")) load_clients(*clients, listener);
    if (const auto* auth = node.find("auth")) load_auth(*auth, node.find("tls"), listener);
    bool insecure = false;
    if (const auto* word = node.find("insecure")) {
      insecure = read_.boolean(*word, "`insecure`").value_or(false);
    }
    const auto bind = address->is_scalar() ? parse_socket_address(address->scalar) : std::nullopt;
    if (!bind) {
      return read_.error(*address,
                         "`address` is not ADDRESS:PORT, such as `127.0.0.1:8877` or "
                         "`\"[::1]:8877\"`; names are not looked up");
    }
    listener.bind = *bind;
    check_new(*address, *bind);
    if (!is_loopback(bind->address)) check_exposed(node, *address, insecure);
    listeners_.push_back(std::move(listener));
  }

  // Port 0 is another one each time.
  void check_new(const TreeNode& node, const SocketAddress& bind) {
    const bool taken = std::ranges::any_of(listeners_, [&](const Listener& other) {
      return other.bind.address == bind.address && other.bind.port == bind.port;
    });
    if (taken && bind.port != 0) {
      read_.error(node, "two listeners have the address " + in_backticks(node.scalar) +
                            "; take one out, or give it another port");
    }
  }

  // By what stands in the file: a key with a fault of its own is not reported as missing as well.
  void check_exposed(const TreeNode& node, const TreeNode& address, bool insecure) {
    if (!insecure && node.find("tls") == nullptr) {
      read_.error(address,
                  "a listener off loopback must have `tls` or say `insecure: true`, because "
                  "passwords and targets would cross the network in the clear");
    }
    const auto* auth = node.find("auth");
    const bool anyone = auth == nullptr || (auth->is_scalar() && auth->scalar == "none");
    if (anyone && node.find("clients") == nullptr) {
      read_.error(address,
                  "a listener off loopback must have `auth` or `clients`, because anyone who "
                  "reaches it could use it");
    }
  }

  std::optional<ListenerTls> load_tls(const TreeNode& node) {
    static const Keys kKnown = {"certificate", "key", "client_ca", "crl"};
    if (!read_.mapping(node, "`tls`", span_of(kKnown))) return std::nullopt;
    const auto* certificate = node.find("certificate");
    const auto* key = node.find("key");
    const auto* client_ca = node.find("client_ca");
    const auto* crl = node.find("crl");
    if (certificate == nullptr || key == nullptr) {
      read_.error(node, "`tls` needs both `certificate` and `key`");
      return std::nullopt;
    }
    if (crl != nullptr && client_ca == nullptr) {
      read_.error(*crl, "`crl` has no meaning without `client_ca`, whose certificates it revokes");
    }
    ListenerTls tls;
    if (auto path = read_.path(*certificate, "`certificate`")) tls.certificate = std::move(*path);
    if (auto path = read_.path(*key, "`key`")) tls.key = std::move(*path);
    if (client_ca != nullptr) tls.client_ca = read_.path(*client_ca, "`client_ca`");
    if (crl != nullptr) tls.crl = read_.path(*crl, "`crl`");
    return tls;
  }

  void load_clients(const TreeNode& node, Listener& listener) {
    read_.list(node, "`clients`", [&](const TreeNode& item) {
      const auto block = item.is_scalar() ? parse_cidr(item.scalar) : std::nullopt;
      if (block) return listener.clients.push_back(*block);
      read_.error(item, "a client is no address or CIDR, such as `10.8.0.0/16`");
    });
    if (node.kind == TreeNode::Kind::sequence && node.items.empty()) {
      read_.error(node,
                  "`clients` is empty, so nobody could connect; take it out or add an address");
    }
  }

  void load_auth(const TreeNode& node, const TreeNode* tls, Listener& listener) {
    static const Keys kWords = {"none", "local-user", "basic", "mtls"};
    const auto word = read_.word(node, "`auth`", span_of(kWords));
    if (!word) return;
    listener.auth = static_cast<Auth>(*word);
    if (listener.auth == Auth::basic && !has_users_file_) {
      read_.error(node, "`auth: basic` needs `users_file`, at the top level of the file");
    }
    if (listener.auth != Auth::mtls) return;
    if (tls == nullptr || (tls->kind == TreeNode::Kind::mapping && !tls->find("client_ca"))) {
      read_.error(node,
                  "`auth: mtls` needs `tls: {certificate: …, key: …, client_ca: …}`, the CA of "
                  "the clients' certificates");
    }
  }

  const bool has_users_file_;
  const Reader& read_;
  std::vector<Listener> listeners_;
};

}  // namespace

std::string_view name(Auth auth) noexcept {
  switch (auth) {
    case Auth::none: return "none";
    case Auth::local_user: return "local-user";
    case Auth::basic: return "basic";
    case Auth::mtls: return "mtls";
  }
  return "";
}

std::vector<Listener> load_listeners(const TreeNode& node, bool has_users_file,
                                     const Reader& read) {
  ListenerLoader loader(has_users_file, read);
  return loader.load(node);
}

}  // namespace ssmgate::config
