#include "admin/router.hpp"

#include <spdlog/spdlog.h>

#include <optional>

#include "wire/json.hpp"

namespace ssmgate::admin {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the `/`
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

std::optional<std::vector<std::string>> match_path(const std::vector<std::string>& pattern,
                                                   const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::vector<std::string> captured;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool open = pattern[i] == "*";
    if (open && path[i].empty()) return std::nullopt;
    if (!open && pattern[i] != path[i]) return std::nullopt;
    if (open) captured.push_back(path[i]);
  }
  return captured;
}

}  // namespace

Answer error_answer(int status, std::string_view text) {
  Answer answer;
  answer.status = status;
  answer.body = wire::JsonObject().text("error", text).done() + "\n";
  return answer;
}

void Router::add(std::string_view method, std::string_view pattern, Access access,
                 Handler handler) {
  routes_.push_back(Route{std::string(method), split_path(pattern), access, std::move(handler)});
}

void Router::answer(std::string_view method, std::string_view pattern, Access access,
                    Answerer answerer) {
  add(method, pattern, access,
      [answerer = std::move(answerer)](const Call& call, const Reply& reply) {
        reply(answerer(call));
      });
}

void Router::dispatch(Request request, std::string_view token, const Reply& reply) const {
  // Before anything is told, and be it what there is.
  if (auto refusal = find_refusal(request, Access::read, token)) return reply(std::move(*refusal));
  const std::vector<std::string> path = split_path(request.path);
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  std::string allowed;
  for (const Route& route : routes_) {
    auto captured = match_path(route.pattern, path);
    if (!captured) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (auto refusal = find_refusal(request, route.access, token)) {
      return reply(std::move(*refusal));
    }
    const Call call{std::move(request), std::move(*captured)};
    try {
      return route.handler(call, reply);
    } catch (const std::exception& error) {
      spdlog::error("admin: a fault of ssmgate's own: {}", error.what());
      return reply(error_answer(500, "a fault of ssmgate's own"));
    }
  }
  if (allowed.empty()) return reply(error_answer(404, "there is nothing here"));
  Answer answer = error_answer(405, "this path takes " + allowed);
  answer.fields.emplace_back("Allow", allowed);
  reply(std::move(answer));
}

}  // namespace ssmgate::admin
