// What the admin listener can be asked, and who answers it.
//
// Owns: the table of routes. Does not own: what a route does; whoever has something to tell adds
// routes in a file of its own (flow/status_routes.cpp).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access.hpp"
#include "admin/message.hpp"

namespace ssmgate::admin {

// A request and what its path's pattern left open.
struct Call {
  Request request;
  std::vector<std::string> captured;  // what stood for each `*`, in their order; never empty
};

// To be called once, from any thread.
using Reply = std::function<void(Answer)>;

class Router {
 public:
  // Called on the admin listener's thread, of which there is one: what takes long replies later.
  using Handler = std::function<void(const Call&, Reply)>;
  using Answerer = std::function<Answer(const Call&)>;

  // `pattern`: "/v1/sessions/*/kill"; a `*` stands for one whole part of the path. Both before the
  // listener starts.
  void add(std::string_view method, std::string_view pattern, Access access, Handler handler);
  void answer(std::string_view method, std::string_view pattern, Access access, Answerer answerer);

  // Replies once: by a route, or with why there is none for this request. HEAD goes where GET does.
  void dispatch(Request request, std::string_view token, const Reply& reply) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> pattern;
    Access access;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace ssmgate::admin
