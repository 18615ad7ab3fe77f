// What a manual page says beside what `--help` does: exit statuses, files, examples.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ssmgate::interface {

struct ManText {
  std::string group;  // "ca"; empty: the program
  std::vector<std::string> paragraphs;
  std::vector<std::pair<std::string, std::string>> statuses;  // number, meaning
  std::vector<std::pair<std::string, std::string>> examples;  // what it does, the line
};

// Never null: of a command about which nothing more is said, the exit statuses that most have.
[[nodiscard]] const ManText* find_man_text(const std::string& group);

}  // namespace ssmgate::interface
