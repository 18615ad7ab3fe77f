#include "flow/listener_ends.hpp"

#include "config/values.hpp"
#include "state/audit_record.hpp"

namespace ssmgate::flow {
namespace {

using Of = tls::Term::Of;

std::string_view name_of(Of of) {
  if (of == Of::certificate) return "the certificate";
  return of == Of::client_ca ? "the client CA" : "the revocation list";
}

std::string_view consequence_of(Of of) {
  if (of == Of::certificate) return "clients do not believe the listener";
  return of == Of::client_ca ? "no client certificate under it is accepted"
                             : "no client certificate that it is about is accepted";
}

}  // namespace

std::string describe_end(const tls::Term& term, tls::Clock::time_point now) {
  if (!tls::ends_soon(term, now)) return {};
  const bool ended = term.life.end <= now;
  std::string text = std::string(name_of(term.of)) + " `" + term.file.string() + "` ";
  text += ended ? "has expired at " : "expires at ";
  text += state::render_time(term.life.end);
  text += ended ? ": " : ", and then ";
  text += consequence_of(term.of);
  return text;
}

std::vector<std::string> find_listener_ends(const std::vector<EntrancePtr>& entrances,
                                            tls::Clock::time_point now) {
  std::vector<std::string> lines;
  for (const EntrancePtr& entrance : entrances) {
    for (const tls::Term& term : entrance->terms) {
      const std::string end = describe_end(term, now);
      if (end.empty()) continue;
      lines.push_back("the listener " + config::render_socket_address(entrance->settings.bind) +
                      ": " + end + "; put a new one in its place");
    }
  }
  return lines;
}

}  // namespace ssmgate::flow
