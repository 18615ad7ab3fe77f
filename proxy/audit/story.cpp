#include "audit/story.hpp"

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::audit {
namespace {

// A policy's revision and the like, as far as a person compares them.
constexpr std::size_t kShortHash = 12;

class Teller {
 public:
  explicit Teller(const RecordView& record) : record_(record) {}

  Story tell() {
    Story story;
    story.time = text(Field::time);
    event_ = text(Field::event);
    const std::string decision = text(Field::decision);
    story.decision = decision.empty() ? event_ : decision;
    story.code = text(Field::code);
    story.who = who();
    story.rule = rule();
    story.what = what();
    story.why = why(story);
    return story;
  }

 private:
  [[nodiscard]] std::string text(Field field) const {
    return escape_invisible(record_.text(field));
  }

  // ` WORD VALUE` where there is a value.
  void append(std::string& out, std::string_view word, const std::string& value) const {
    if (value.empty()) return;
    if (!out.empty()) out += ' ';
    if (!word.empty()) out.append(word).append(" ");
    out += value;
  }

  [[nodiscard]] std::string who() const {
    const std::string user = text(Field::user);
    const std::string client = text(Field::client);
    if (user.empty() || client.empty()) return user + client;
    return user + "@" + client;
  }

  [[nodiscard]] std::string rule() const {
    std::string decided = text(Field::rule);
    const std::string nearest = text(Field::nearest);
    if (!decided.empty() || nearest.empty()) return decided;
    return "~" + nearest;
  }

  // HOST:PORT, or what of it is known.
  [[nodiscard]] std::string destination(Field host) const {
    std::string out = text(host);
    const std::string port = text(Field::port);
    if (out.find(':') != std::string::npos) out = "[" + out + "]";
    if (!port.empty()) out += (out.empty() ? "port " : ":") + port;
    return out;
  }

  [[nodiscard]] std::string what() const {
    if (event_ == "decision") return asked();
    if (event_ == "connect") {
      std::string out = "CONNECT " + destination(Field::endpoint);
      append(out, "-", text(Field::message));
      return out;
    }
    std::string out;
    append(out, "", text(Field::operation));
    append(out, "status", text(Field::status));
    append(out, "session", text(Field::session_id));
    append_end(out);
    append(out, "", text(Field::message));
    if (out.empty()) append(out, "policy", text(Field::policy_revision).substr(0, kShortHash));
    append(out, "of request", text(Field::request_id));
    return out;
  }

  [[nodiscard]] std::string asked() const {
    std::string out;
    append(out, "", text(Field::operation));
    append(out, "on", text(Field::target));
    append(out, "to", destination(Field::host));
    append(out, "with", text(Field::document));
    append(out, "session", text(Field::session_id));
    append(out, "reason",
           record_.has(Field::session_reason) ? in_backticks(record_.text(Field::session_reason))
                                              : std::string());
    // What could not be read is told by the message alone.
    if (text(Field::decision) == "malformed") append(out, "-", text(Field::message));
    return out;
  }

  void append_end(std::string& out) const {
    const std::string took = text(Field::duration_ms);
    if (!took.empty()) append(out, "after", took + " ms");
    append(out, "up", text(Field::bytes_up));
    append(out, "down", text(Field::bytes_down));
    append(out, "closed by", text(Field::closed_by));
  }

  [[nodiscard]] std::string why(const Story& story) const {
    std::string out;
    const auto add = [&](std::string_view word, const std::string& value) {
      if (value.empty()) return;
      if (!out.empty()) out += ", ";
      out.append(word).append(value);
    };
    if (story.code != "allowed") add("", story.code);
    add("rule ", text(Field::rule));
    if (text(Field::rule).empty()) add("nearest ", text(Field::nearest));
    std::string reported;
    for (const std::string& id : record_.list(Field::reported)) {
      append(reported, "", escape_invisible(id));
    }
    add("noted by ", reported);
    const bool passed = story.decision == "deny" && text(Field::effect) == "relay";
    if (passed) add("", "but relayed");
    return out;
  }

  const RecordView& record_;
  std::string event_;
};

}  // namespace

Story tell(const RecordView& record) {
  return Teller(record).tell();
}

}  // namespace ssmgate::audit
