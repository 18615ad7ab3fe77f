// `audit`: where records go, and what holds when they cannot.
#include <algorithm>
#include <array>

#include "config/log_address.hpp"
#include "config/sections.hpp"

namespace ssmgate::config {
namespace {

using Type = AuditSink::Type;

// In the order of their numbers. SOURCE: RFC 5424 §6.2.1
constexpr std::array<std::string_view, 24> kFacilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};

// LIMIT: APP-NAME. SOURCE: RFC 5424 §6
constexpr std::size_t kLongestName = 48;

class SinkLoader {
 public:
  SinkLoader(const TreeNode& node, const Reader& read) : node_(node), read_(read) {}

  void load(std::vector<AuditSink>& sinks) {
    static constexpr std::array<std::string_view, 9> kKnown = {"type",        "path",     "address",
                                                               "facility",    "app_name", "ca_file",
                                                               "certificate", "key",      "format"};
    static constexpr std::array<std::string_view, 4> kTypes = {"file", "stdout", "journald",
                                                               "syslog"};
    if (!read_.mapping(node_, "a sink", kKnown)) return;
    const auto* type = node_.find("type");
    if (type == nullptr) return read_.error(node_, "a sink has no `type`; write `type: file`");
    const auto index = read_.word(*type, "`type`", kTypes);
    if (!index) return;
    sink_.type =
        std::array{Type::file, Type::standard_output, Type::journald, Type::syslog}[*index];
    if (!only_meant_keys(kTypes[*index])) return;
    format();
    path();
    address();
    labels();
    tls();
    if (good_) sinks.push_back(std::move(sink_));
  }

 private:
  void error(const TreeNode& at, std::string text) {
    good_ = false;
    read_.error(at, std::move(text));
  }

  // A key that this kind of sink does not act on is a slip, never ignored.
  bool only_meant_keys(std::string_view type) {
    const auto refuse = [&](std::initializer_list<std::string_view> keys) {
      for (const std::string_view key : keys) {
        if (const auto* node = node_.find(key)) {
          error(*node, "`" + std::string(key) + "` has no meaning for `type: " + std::string(type) +
                           "`; take it out");
        }
      }
    };
    if (sink_.type != Type::file) refuse({"path"});
    if (sink_.type == Type::file || sink_.type == Type::standard_output) {
      refuse({"address", "facility", "app_name"});
    }
    if (sink_.type != Type::syslog) refuse({"ca_file", "certificate", "key"});
    return good_;
  }

  void format() {
    static constexpr std::array<std::string_view, 2> kFormats = {"json", "ocsf"};
    const auto* node = node_.find("format");
    if (node == nullptr) return;
    const auto index = read_.word(*node, "`format`", kFormats);
    good_ = good_ && index;
    if (index) sink_.format = *index == 0 ? AuditSink::Format::json : AuditSink::Format::ocsf;
  }

  void path() {
    if (sink_.type != Type::file) return;
    const auto* node = node_.find("path");
    if (node == nullptr) return error(node_, "a sink of `type: file` needs a `path`");
    const auto file = read_.path(*node, "`path`");
    good_ = good_ && file;
    if (file) sink_.path = *file;
  }

  void address() {
    if (sink_.type != Type::syslog && sink_.type != Type::journald) return;
    const bool journal = sink_.type == Type::journald;
    sink_.address.path = journal ? kJournalSocket : kSyslogSocket;
    const auto* node = node_.find("address");
    if (node == nullptr) return;
    const auto text = read_.text(*node, "`address`");
    good_ = good_ && text;
    if (!text) return;
    auto parsed = parse_log_address(*text);
    if (auto* fault = std::get_if<std::string>(&parsed)) return error(*node, std::move(*fault));
    sink_.address = std::get<LogAddress>(std::move(parsed));
    if (journal && sink_.address.transport != LogAddress::Transport::unix_socket) {
      error(*node,
            "journald listens on this machine alone; write `unix:` and the path of its "
            "socket, or take `address` out");
    }
  }

  void labels() {
    if (const auto* node = node_.find("facility")) {
      const auto index = read_.word(*node, "`facility`", kFacilities);
      good_ = good_ && index;
      if (index) sink_.facility = static_cast<std::uint8_t>(*index);
    }
    const auto* node = node_.find("app_name");
    if (node == nullptr) return;
    const auto text = read_.text(*node, "`app_name`");
    good_ = good_ && text;
    if (!text) return;
    const bool printable = std::ranges::all_of(*text, [](char c) { return c > 0x20 && c < 0x7f; });
    if (text->empty() || text->size() > kLongestName || !printable) {
      return error(*node, "`app_name` is not 1 to 48 printable characters without blanks");
    }
    sink_.app_name = *text;
  }

  void tls() {
    const auto* roots = node_.find("ca_file");
    const auto* certificate = node_.find("certificate");
    const auto* key = node_.find("key");
    if (sink_.address.transport != LogAddress::Transport::tls) {
      for (const auto* each : {roots, certificate, key}) {
        if (each == nullptr) continue;
        return error(*each,
                     "TLS settings mean nothing for this `address`; write `tls://` or take "
                     "them out");
      }
      return;
    }
    if ((certificate == nullptr) != (key == nullptr)) {
      return error(node_, "`certificate` and `key` need each other");
    }
    take_path(roots, "`ca_file`", sink_.ca_file);
    take_path(certificate, "`certificate`", sink_.certificate);
    take_path(key, "`key`", sink_.key);
  }

  void take_path(const TreeNode* node, std::string_view what, std::filesystem::path& value) {
    if (node == nullptr) return;
    const auto path = read_.path(*node, what);
    good_ = good_ && path;
    if (path) value = *path;
  }

  const TreeNode& node_;
  const Reader& read_;
  AuditSink sink_;
  bool good_ = true;
};

}  // namespace

std::string AuditSink::text() const {
  switch (type) {
    case Type::file: return path.string();
    case Type::standard_output: return "standard output";
    case Type::syslog: return "syslog at " + address.text();
    case Type::journald: return "journald at " + address.text();
  }
  return "nowhere";
}

namespace {

// The last of them. Who reads that log would find each record twice, and nothing wrong. A log
// server can tell two apart, by `facility`, `app_name` or `format`.
void check_single(const TreeNode& node, const Reader& read, const std::vector<AuditSink>& sinks) {
  const Type type = sinks.back().type;
  if (type != Type::file && type != Type::standard_output) return;
  const std::string place = sinks.back().text();
  const auto same = [&place](const AuditSink& each) { return each.text() == place; };
  if (std::ranges::count_if(sinks, same) < 2) return;
  read.error(node, "two sinks write to " + place + ", each record twice; take one out");
}

}  // namespace

void load_audit(const TreeNode& node, const Reader& read, Audit& value) {
  static constexpr std::array<std::string_view, 2> kKnown = {"sinks", "on_failure"};
  static constexpr std::array<std::string_view, 2> kWords = {"refuse", "continue"};
  if (!read.mapping(node, "`audit`", kKnown)) return;
  if (const auto* word = node.find("on_failure")) {
    if (const auto index = read.word(*word, "`on_failure`", kWords)) {
      value.on_failure = *index == 0 ? Audit::OnFailure::refuse : Audit::OnFailure::proceed;
    }
  }
  const auto* sinks = node.find("sinks");
  if (sinks == nullptr) return;
  value.sinks.clear();
  read.list(*sinks, "`sinks`", [&](const TreeNode& item) {
    const std::size_t before = value.sinks.size();
    SinkLoader(item, read).load(value.sinks);
    if (value.sinks.size() > before) check_single(item, read, value.sinks);
  });
  if (sinks->kind == TreeNode::Kind::sequence && sinks->items.empty()) {
    read.error(*sinks, "`sinks` is empty; nothing may pass unrecorded: name a file");
  }
}

}  // namespace ssmgate::config
