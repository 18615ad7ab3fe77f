#include "config/admin_place.hpp"

#include <algorithm>
#include <array>

#include "config/search.hpp"
#include "config/sections.hpp"
#include "ssmgate/text/fields.hpp"

namespace ssmgate::config {
namespace fs = std::filesystem;
namespace {

AdminPlace place_of(FoundConfig found) {
  return AdminPlace{
      std::move(found.config.state), std::move(found.config.admin), std::move(found.source), {}};
}

// A `stat: FOLDER` stands for another folder than the default.
bool misspells_state(const TreeNode& root) {
  constexpr std::array<std::string_view, 1> kState{"state"};
  return std::any_of(root.entries.begin(), root.entries.end(), [&](const TreeEntry& entry) {
    return !find_nearest_word(entry.key, kState).empty();
  });
}

// Nothing: it is not known where the gateway has its state.
std::optional<AdminPlace> read_leniently(std::string_view text, const fs::path& file) {
  Diagnostics of_others;
  const auto tree = parse_tree(text, of_others);
  if (!tree || tree->kind != TreeNode::Kind::mapping) return std::nullopt;
  Diagnostics own;
  const Reader read(fs::absolute(file).parent_path(), own);
  Config config = default_config(user_folders());
  if (const auto* node = tree->find("state")) {
    const auto path = read.path(*node, "`state`");
    if (!path) return std::nullopt;
    config.state = *path;
  } else if (misspells_state(*tree)) {
    return std::nullopt;
  }
  // Where the gateway says itself that it listens counts more: a fault in here does not matter.
  if (const auto* node = tree->find("admin")) load_admin(*node, read, config.admin);
  return place_of({std::move(config), file.string(), file});
}

}  // namespace

std::variant<ConfigFault, AdminPlace> find_admin_place(
    const std::optional<fs::path>& explicit_file) {
  auto named = find_config_file(explicit_file);
  if (auto* wrong = std::get_if<ConfigFault>(&named)) return std::move(*wrong);
  const auto& file = std::get<std::optional<fs::path>>(named);
  if (!file) return place_of({default_config(user_folders()), kEmbeddedDefault, std::nullopt});
  const auto text = read_text_file(*file);
  if (const auto* unreadable = std::get_if<ConfigFault>(&text)) return *unreadable;
  auto loaded = load_config_text(std::get<std::string>(text), *file);
  if (auto* found = std::get_if<FoundConfig>(&loaded)) return place_of(std::move(*found));
  auto& faults = std::get<ConfigFault>(loaded);
  auto place = read_leniently(std::get<std::string>(text), *file);
  if (!place) return std::move(faults);
  place->faults = std::move(faults.lines);
  return std::move(*place);
}

}  // namespace ssmgate::config
