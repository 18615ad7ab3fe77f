#include "commands/doctor/audit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <thread>

#include "commands/doctor/disk.hpp"
#include "state/audit_record.hpp"
#include "state/log_file.hpp"
#include "state/server_sink.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

using OpenedSink = std::variant<state::SinkFault, std::unique_ptr<state::AuditSink>>;

// LIMIT: 64 MiB hold a hundred thousand records: time to act.
constexpr std::uint64_t kLittleRoom = std::uint64_t{64} << 20;

// LIMIT: a gateway gives a record one second; a name that has to be looked up may take longer.
constexpr std::chrono::seconds kPatience{5};

// The folder that is there, in which the missing ones would be made.
fs::path existing_folder(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

// Empty, or why the sink that `open` opens took no record. It may hang: then its thread is let go
// of, and ends with this process.
template <class Open>
std::string probe_through(Open open) {
  const auto answer = std::make_shared<std::promise<std::string>>();
  std::future<std::string> said = answer->get_future();
  std::thread([answer, open = std::move(open)] {
    OpenedSink opened = open();
    if (const auto* fault = std::get_if<state::SinkFault>(&opened)) {
      return answer->set_value(fault->text);
    }
    const auto& sink = std::get<std::unique_ptr<state::AuditSink>>(opened);
    const std::string fields =
        "\"time\":\"" + state::render_time(std::chrono::system_clock::now()) +
        "\",\"event\":\"probe\",\"message\":\"`ssmgate doctor` looked whether records arrive\"";
    answer->set_value(sink->write(fields) ? std::string() : sink->fault());
  }).detach();
  if (said.wait_for(kPatience) != std::future_status::ready) return "it hangs";
  return said.get();
}

void look_at_file(const fs::path& path, SinkFacts& facts) {
  facts.folder = existing_folder(path.parent_path());
  facts.regular = true;
  if (facts.exists) {
    const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) facts.error = errno;
    if (fd >= 0) ::close(fd);
  } else if (::access(facts.folder.c_str(), W_OK | X_OK) != 0) {
    facts.error = errno;
  }
  if (facts.error == 0) facts.fault = state::find_log_fault(path);
  facts.starts = facts.error == 0 && facts.fault.empty();
  facts.free_bytes = find_free_bytes(facts.folder);
  if (!facts.starts) return;
  const int error = try_writing(facts.folder);
  // The file alone may be ours to write to, its folder not: then it is not full for all we know.
  facts.error = error == EACCES && facts.exists ? 0 : error;
}

void look_at_stream(const fs::path& path, SinkFacts& facts) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) facts.error = errno;
  if (fd >= 0) ::close(fd);
  // A pipe is opened by the gateway also where nobody reads yet.
  facts.starts = facts.error == 0 || facts.error == ENXIO;
  if (facts.error == 0) {
    facts.fault = probe_through([path] { return state::open_file_sink(path); });
  }
}

SinkFacts look(const fs::path& path) {
  SinkFacts facts;
  facts.name = "the audit log `" + path.string() + "`";
  facts.tried = !state::is_own_stream(path);
  if (!facts.tried) return facts;
  struct stat status {};
  facts.exists = ::stat(path.c_str(), &status) == 0;
  if (facts.exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    look_at_stream(path, facts);
  } else {
    look_at_file(path, facts);
  }
  return facts;
}

SinkFacts look_at_server(const config::AuditSink& sink) {
  SinkFacts facts;
  facts.name = sink.text();
  facts.tried = true;
  // A server that is not there keeps no gateway from its start.
  facts.starts = true;
  constexpr auto kJson = state::LineFormat::json;
  facts.fault = probe_through([sink] { return state::open_server_sink(sink, kJson); });
  return facts;
}

bool takes_records(const SinkFacts& sink) {
  return sink.error == 0 && sink.fault.empty();
}

// What a gateway does that has this sink as it is.
std::string consequence(const SinkFacts& sink, bool others, const SinkView& view) {
  if (!sink.starts) return "the gateway does not start";
  if (others) return "the gateway goes on with the other sinks";
  return view.on_failure == config::Audit::OnFailure::refuse
             ? "the gateway refuses every session"
             : "the gateway lets sessions through unrecorded";
}

Finding check_trouble(const SinkFacts& sink, bool others, const SinkView& view) {
  const std::string comes = consequence(sink, others, view);
  const auto trouble = [&](const char* id, const std::string& text, const std::string& mend) {
    const bool goes_on = sink.starts && others;
    return goes_on ? warning(id, text, mend) : problem(id, text, mend);
  };
  if (sink.error == EACCES && !view.ours) {
    return warning("audit.hidden",
                   sink.name + " is not this user's to write to, so it was not tried",
                   view.own.as_its_user());
  }
  if (sink.error == EACCES) {
    return trouble("audit.sink", sink.name + " cannot be written by this user: run by it, " + comes,
                   view.own.as_its_user() + ", or name another file under `audit.sinks`");
  }
  if (sink.error == ENXIO) {
    return trouble("audit.sink",
                   sink.name + " is a pipe that nobody reads: once it is full, " + comes,
                   "start what reads it");
  }
  if (sink.error == ENOSPC || sink.error == EDQUOT) {
    return trouble("audit.full", sink.name + " has no room: " + comes,
                   "df -h " + shell_word(sink.folder.string()));
  }
  const std::string why = sink.error != 0 ? tls::system_words(sink.error) : sink.fault;
  return trouble("audit.sink", sink.name + " takes no record (" + why + "): " + comes,
                 "mend that, or name another sink under `audit.sinks`");
}

Finding check_sink(const SinkFacts& sink, bool others, const SinkView& view) {
  if (!sink.tried) {
    return ok("audit.sink", sink.name + " is the gateway's own, so that it cannot be tried");
  }
  if (!takes_records(sink)) return check_trouble(sink, others, view);
  if (sink.regular && sink.free_bytes < kLittleRoom) {
    return warning(
        "audit.room",
        sink.name + " has " + std::to_string(sink.free_bytes >> 20U) + " MiB left on its disk",
        "df -h " + shell_word(sink.folder.string()));
  }
  return ok("audit.sink", sink.name + " takes records");
}

}  // namespace

std::vector<SinkFacts> gather_sinks(const config::Audit& settings) {
  std::vector<SinkFacts> sinks;
  for (const config::AuditSink& sink : settings.sinks) {
    if (sink.type == config::AuditSink::Type::file) {
      sinks.push_back(look(sink.path));
    } else if (sink.type == config::AuditSink::Type::syslog ||
               sink.type == config::AuditSink::Type::journald) {
      sinks.push_back(look_at_server(sink));
    } else {
      sinks.emplace_back();
      sinks.back().name = "standard output";
      sinks.back().tried = false;
    }
  }
  return sinks;
}

Findings check_sinks(const std::vector<SinkFacts>& sinks, const SinkView& view) {
  const auto good = std::ranges::count_if(sinks, takes_records);
  Findings found;
  for (const SinkFacts& sink : sinks) {
    found.push_back(check_sink(sink, good > (takes_records(sink) ? 1 : 0), view));
  }
  return found;
}

}  // namespace ssmgate::doctor
