#include "commands/doctor/places.hpp"

#include <unistd.h>

#include <cerrno>

#include "config/values.hpp"
#include "tls/file.hpp"
#include "tls/shown_name.hpp"

namespace ssmgate::doctor {
namespace {

// Where SDKs look for their configuration.
AwsFile read_aws_file(const Environment& environment, const char* variable, const char* name) {
  AwsFile file;
  const std::string home = find_filled(environment, "HOME").value_or("");
  file.path = find_filled(environment, variable).value_or(home + "/.aws/" + name);
  if (file.path.starts_with("~/")) file.path = home + file.path.substr(1);
  if (::access(file.path.c_str(), F_OK) != 0) return file;
  auto text = tls::read_file(file.path, tls::Privacy::none);
  if (auto* good = std::get_if<std::string>(&text)) {
    file.text = std::move(*good);
  } else if (::access(file.path.c_str(), R_OK) != 0) {
    file.fault = tls::system_words(errno);
  }
  return file;
}

}  // namespace

AwsFiles read_aws_files(const Environment& environment) {
  return {read_aws_file(environment, "AWS_CONFIG_FILE", "config"),
          read_aws_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")};
}

std::string configured_url(const config::Config& settings) {
  const config::Listener& listener = settings.listen.front();
  config::SocketAddress address = listener.bind;
  if (address.port == 0) return {};
  if (address.address == IpAddress::v4({0, 0, 0, 0})) {
    address.address = IpAddress::v4({127, 0, 0, 1});
  }
  if (address.address == IpAddress::v6({})) address.address = *parse_ip_address("::1");
  if (!listener.tls) return "http://" + config::render_socket_address(address);
  const auto shown =
      tls::find_shown_name(listener.tls->certificate, render_ip_address(address.address));
  const auto* name = std::get_if<tls::ShownName>(&shown);
  return name == nullptr ? "" : "https://" + name->name + ":" + std::to_string(address.port);
}

}  // namespace ssmgate::doctor
