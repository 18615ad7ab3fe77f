// ClientHellos: built by hand from their parts, by OpenSSL's client, and as OpenSSL's server reads
// them.
#pragma once

#include <optional>
#include <string>

namespace ssmgate::wire::samples {

// Big-endian, and content counted by a length of so many bytes.
std::string number(std::size_t value, std::size_t size);
std::string vector(const std::string& content, std::size_t length_size);

std::string extension(std::size_t type, const std::string& data);
std::string host_name(const std::string& name);
std::string server_name(const std::string& name);

// A ClientHello up to its extensions; a handshake message; a ClientHello with these extensions.
std::string before_extensions();
std::string message(const std::string& body, char type = 1);
std::string hello_with(const std::string& extensions);

std::string record(const std::string& fragment, const std::string& head = "\x16\x03\x01");
// `content` in records of `size` bytes.
std::string records(const std::string& content, std::size_t size);

// What OpenSSL's client sends first.
std::string openssl_hello(const char* name, int max_version, const std::string& alpn = "");

struct ServerView {
  bool hello = false;               // OpenSSL's server took the bytes for a ClientHello
  bool read = false;                // and read its extensions to the end
  std::optional<std::string> name;  // with this for the name of the server that is meant
};
ServerView openssl_server_view(const std::string& bytes);

}  // namespace ssmgate::wire::samples
