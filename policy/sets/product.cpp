#include "sets/product.hpp"

#include <algorithm>

#include "ssmgate/names/glob.hpp"

namespace ssmgate::sets {
namespace {

using Kind = DocumentClass::Kind;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool names_parameter(const Rule& rule, std::string_view name) {
  if (name == "host") return !rule.hosts.empty();
  if (name == "portNumber") return !rule.ports.empty();
  if (name == "command") return !rule.commands.empty();
  return std::any_of(rule.parameters.begin(), rule.parameters.end(),
                     [&](const ParameterCriterion& criterion) { return criterion.name == name; });
}

// Builds the literals of a rule. A criterion that cannot hold in the class makes the rule
// impossible there; one that always does adds nothing.
class Builder {
 public:
  Builder(const Rule& rule, const DocumentView& view, const std::vector<std::string>& parameters,
          AtomTable& atoms)
      : rule_(rule), view_(view), parameters_(parameters), atoms_(atoms) {}

  std::vector<Literals> build() {
    add_documents();
    if (alternatives_.empty()) return {};
    add_caller();
    add_host();
    add_port();
    add_command();
    add_parameters();
    add_rest();
    if (impossible_) return {};
    for (Literals& alternative : alternatives_) {
      alternative.insert(alternative.end(), common_.begin(), common_.end());
    }
    return std::move(alternatives_);
  }

 private:
  void add(Dimension dimension, Atom::Question question, bool wanted = true) {
    common_.push_back({atoms_.make(dimension, std::move(question)), wanted});
  }

  void add_documents() {
    if (rule_.documents.empty()) {
      alternatives_.emplace_back();
      return;
    }
    Globs names;
    for (const DocumentPattern& pattern : rule_.documents) {
      if (pattern.is_arn()) {
        add_arn(pattern, names);
      } else if (view_.kind != Kind::account_arn) {
        names.push_back(pattern.name_glob());
      }
    }
    if (names.empty()) return;
    if (view_.kind == Kind::named) {
      const bool matches = std::any_of(names.begin(), names.end(), [&](const std::string& glob) {
        return glob_matches(glob, view_.name);
      });
      if (matches) alternatives_.assign(1, {});
      return;
    }
    alternatives_.insert(alternatives_.begin(),
                         Literals{{atoms_.make(Dimension::name, WordsAtom{names}), true}});
  }

  // An entry that says nothing about the place joins the plain names.
  void add_arn(const DocumentPattern& pattern, Globs& names) {
    const bool account = view_.kind == Kind::account_arn;
    const bool owned_by_aws =
        view_.kind == Kind::aws_owned || (view_.kind == Kind::named && view_.aws_owned);
    if (pattern.has_account() ? !account : !owned_by_aws) return;
    const bool anywhere = pattern.region_glob() == "*" && pattern.partition_glob() == "*";
    const bool any_account = !account || pattern.account_glob() == "*";
    if (anywhere && any_account) {
      names.push_back(pattern.name_glob());
      return;
    }
    Literals literals;
    if (view_.kind != Kind::named) {
      literals.push_back({atoms_.make(Dimension::name, WordsAtom{{pattern.name_glob()}}), true});
    } else if (!glob_matches(pattern.name_glob(), view_.name)) {
      return;
    }
    if (!anywhere) {
      literals.push_back({atoms_.make(Dimension::region,
                                      PlaceAtom{pattern.region_glob(), pattern.partition_glob()}),
                          true});
    }
    if (!any_account) {
      literals.push_back(
          {atoms_.make(Dimension::document_account, WordsAtom{{pattern.account_glob()}}), true});
    }
    alternatives_.push_back(std::move(literals));
  }

  void add_caller() {
    if (rule_.users.said) add(Dimension::principal, rule_.users);
    if (!rule_.clients.empty()) add(Dimension::client, rule_.clients);
    if (!rule_.accounts.empty()) add(Dimension::credential, AccountsAtom{rule_.accounts});
    if (!rule_.access_keys.empty()) add(Dimension::credential, KeysAtom{rule_.access_keys});
    if (!rule_.regions.empty()) add(Dimension::region, WordsAtom{rule_.regions});
    if (!rule_.targets.empty()) add(Dimension::target, WordsAtom{rule_.targets});
  }

  // As criteria.cpp's ground(): passed over, fails, or is judged.
  bool is_judged(bool said, bool CatalogueEntry::*takes) {
    if (rule_.denies) return said;
    const bool catalogued = view_.catalogued != nullptr;
    if (catalogued && !(view_.catalogued->*takes)) return false;
    if (!said && catalogued) impossible_ = true;
    return said;
  }

  void add_host() {
    if (!is_judged(!rule_.hosts.empty(), &CatalogueEntry::takes_host)) return;
    add_value("host", rule_.hosts,
              view_.catalogued != nullptr ? view_.catalogued->default_host : "");
  }

  void add_port() {
    if (!is_judged(!rule_.ports.empty(), &CatalogueEntry::takes_port)) return;
    add_value("portNumber", rule_.ports,
              view_.catalogued != nullptr ? view_.catalogued->default_port : "");
  }

  void add_command() {
    if (!is_judged(!rule_.commands.empty(), &CatalogueEntry::takes_command)) return;
    add_value("command", rule_.commands, "");
  }

  void add_parameters() {
    for (const ParameterCriterion& criterion : rule_.parameters) {
      const bool local = criterion.name == "localPortNumber" && view_.catalogued != nullptr;
      add_value(criterion.name, criterion.test,
                local ? view_.catalogued->default_local_port : std::string_view());
    }
    if (rule_.denies || view_.catalogued != nullptr) return;
    for (const std::string& name : parameters_) {
      if (names_parameter(rule_, name)) continue;
      common_.push_back({atoms_.make(Dimension::parameter, AbsentAtom{}, name), true});
    }
  }

  void add_value(const std::string& name, ValueTest test, std::string_view absent_means) {
    ValueAtom value{std::move(test), rule_.denies, std::string(absent_means)};
    if (contains(parameters_, name)) {
      common_.push_back({atoms_.make(Dimension::parameter, std::move(value), name), true});
    } else if (!holds_when_absent(value, name)) {
      impossible_ = true;
    }
  }

  void add_rest() {
    if (rule_.reason.compiled != nullptr) add(Dimension::reason, rule_.reason);
    if (rule_.not_before) add(Dimension::time, BeforeAtom{*rule_.not_before}, false);
    if (rule_.expires) add(Dimension::time, BeforeAtom{*rule_.expires});
    if (rule_.hours) add(Dimension::time, *rule_.hours);
    // A deny rule on trial refuses from its end on, an allow rule relays before it.
    if (rule_.report_until) add(Dimension::time, BeforeAtom{*rule_.report_until}, !rule_.denies);
  }

  const Rule& rule_;
  const DocumentView& view_;
  const std::vector<std::string>& parameters_;
  AtomTable& atoms_;
  std::vector<Literals> alternatives_;
  Literals common_;
  bool impossible_ = false;
};

void put_question(std::string& key, const Atom::Question& question) {
  const std::string text = key_of(question);
  key.append(std::to_string(text.size())).append("|").append(text);
}

}  // namespace

DocumentView view_of(const DocumentClass& document, const CompiledRules& policy) {
  DocumentView view;
  view.kind = document.kind;
  if (document.kind != Kind::named) return view;
  view.name = document.absent ? policy.default_canonical->name() : document.name;
  view.aws_owned = is_reserved_document_name(view.name);
  view.catalogued = find_catalogued(view.name);
  return view;
}

std::vector<std::string> parameters_of(const Rule& rule, const DocumentView& view) {
  std::vector<std::string> names;
  if (const CatalogueEntry* entry = view.catalogued) {
    if (entry->takes_host) names.emplace_back("host");
    if (entry->takes_port) names.emplace_back("portNumber");
    if (entry->takes_local_port) names.emplace_back("localPortNumber");
    if (entry->takes_command) names.emplace_back("command");
    return names;
  }
  for (const std::string_view name : {"host", "portNumber", "command"}) {
    if (names_parameter(rule, name)) names.emplace_back(name);
  }
  for (const ParameterCriterion& criterion : rule.parameters) names.push_back(criterion.name);
  return names;
}

std::vector<Literals> products_of(const Rule& rule, const DocumentView& view,
                                  const std::vector<std::string>& parameters, AtomTable& atoms) {
  return Builder(rule, view, parameters, atoms).build();
}

std::string key_of(const Rule& rule) {
  std::string key = rule.denies ? "d" : "a";
  if (rule.users.said) put_question(key, rule.users);
  if (!rule.clients.empty()) put_question(key, rule.clients);
  put_question(key, AccountsAtom{rule.accounts});
  put_question(key, KeysAtom{rule.access_keys});
  put_question(key, WordsAtom{rule.regions});
  put_question(key, WordsAtom{rule.targets});
  Globs documents;
  for (const DocumentPattern& pattern : rule.documents) documents.push_back(pattern.text());
  put_question(key, WordsAtom{documents});
  put_question(key, ValueAtom{rule.hosts, false, {}});
  put_question(key, ValueAtom{rule.ports, false, {}});
  put_question(key, WordsAtom{rule.commands});
  for (const ParameterCriterion& criterion : rule.parameters) {
    put_question(key, WordsAtom{{criterion.name}});
    put_question(key, ValueAtom{criterion.test, rule.denies, {}});
  }
  put_question(key, rule.reason);
  for (const auto& time : {rule.not_before, rule.expires, rule.report_until}) {
    if (time) put_question(key, BeforeAtom{*time});
    key += ';';
  }
  if (rule.hours) put_question(key, *rule.hours);
  return key;
}

}  // namespace ssmgate::sets
