def sub(p,*pairs):
    s=open(p).read()
    for a,b in pairs:
        assert a in s,(p,a)
        s=s.replace(a,b,1)
    open(p,'w').write(s)
sub('proxy/flow/session_routes.hpp',("""// GET /v1/sessions; POST""","""// What GET /v1/sessions answers, for the page's feed, too; JSON without a newline.
[[nodiscard]] std::string render_sessions(SessionKeeper& keeper);

// GET /v1/sessions; POST"""))
sub('proxy/flow/session_routes.cpp',('''Answer answer_list(SessionKeeper& keeper) {
''','''}  // namespace

std::string render_sessions(SessionKeeper& keeper) {
'''),('''  Answer answer;
  answer.body = JsonObject()
                    .raw("sessions", admin::json_array(sessions))
                    .raw("by_owner", render_counts(by_owner))
                    .raw("by_rule", render_counts(by_rule))
                    .done() +
                "\\n";
  return answer;
}
''','''  return JsonObject()
      .raw("sessions", admin::json_array(sessions))
      .raw("by_owner", render_counts(by_owner))
      .raw("by_rule", render_counts(by_rule))
      .done();
}

namespace {

Answer answer_list(SessionKeeper& keeper) {
  Answer answer;
  answer.body = render_sessions(keeper) + "\\n";
  return answer;
}
'''))
sub('proxy/flow/page_routes.cpp',('''    add("refusals", render_refusals(source_), text);
''','''    add("refusals", render_refusals(source_), text);
    add("sessions", render_sessions(source_.gateway.sessions), text);
'''),('''#include "flow/metrics_text.hpp"
''','''#include "flow/metrics_text.hpp"
#include "flow/session_routes.hpp"
'''))
sub('proxy/flow/metrics_text.cpp',('''  all.counter("connections_accepted_total",''','''  all.gauge("sessions", "Sessions that are known and have not ended",
            static_cast<double>(source.gateway.sessions.list().size()));
  all.counter("connections_accepted_total",'''))
sub('docs/operations.md',('''| `connections`, `tunnels` | | open just now |
''','''| `connections`, `tunnels`, `sessions` | | open just now |
'''),('''shows whether the gateway is healthy and why not, the last refusals''','''shows whether the gateway is healthy and why not, who is in what session with the bytes that pass, the last refusals'''))
