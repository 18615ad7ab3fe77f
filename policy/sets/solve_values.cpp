// A parameter: absent, or a list of values. What an allow rule asks must hold for each value, what
// a deny rule asks for one of them.
#include <algorithm>

#include "sets/shapes.hpp"
#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

using Tests = std::vector<SignedTest>;

bool has_one_value(std::string_view name) {
  return name == "host" || name == "portNumber" || name == "localPortNumber" || name == "command";
}

const ValueTest& test_of(const SignedTest& test) {
  return std::get<ValueAtom>(test.atom->question).test;
}

bool passes(const Tests& tests, std::string_view name, std::string_view value) {
  return std::all_of(tests.begin(), tests.end(), [&](const SignedTest& test) {
    return value_passes(test_of(test), name, std::get<ValueAtom>(test.atom->question).denies,
                        value) == test.wanted;
  });
}

template <class Form>
bool has_form(const Tests& tests) {
  return std::any_of(tests.begin(), tests.end(), [](const SignedTest& test) {
    return std::holds_alternative<Form>(test_of(test));
  });
}

// Values that are no port, to which tests of ports say no: exact.
Answer solve_by_globs(const Tests& tests, bool ports, std::string& value) {
  WordProblem problem{{&value_shape()}, {&parameter_reference()}};
  if (ports) problem.forbidden.push_back(&port_texts());
  for (const SignedTest& test : tests) {
    if (std::holds_alternative<Globs>(test_of(test))) {
      (test.wanted ? problem.required : problem.forbidden).push_back(&test.atom->language);
    } else if (test.wanted != std::holds_alternative<AnyValue>(test_of(test))) {
      return Answer::none;
    }
  }
  WordAnswer answer = find_word(problem);
  if (answer.answer == Answer::found) value = std::move(answer.word);
  return answer.answer;
}

// Globs and ports: a value is a port, of which there are few, or it is none.
Answer solve_by_globs_and_ports(const Tests& tests, std::string_view name, std::string& value) {
  const bool ports = has_form<std::vector<PortEntry>>(tests);
  if (ports && solve_port(tests, name, value) == Answer::found) return Answer::found;
  return solve_by_globs(tests, ports, value);
}

// Hosts: a value is a host, or it is none and passes no test.
Answer solve_by_hosts(const Tests& tests, std::string_view name, std::string& value) {
  static constexpr std::string_view kNoHost = "no host";
  if (passes(tests, name, kNoHost)) {
    value = kNoHost;
    return Answer::found;
  }
  return solve_host(tests, value);
}

Tests only(const Tests& tests, bool (*wanted)(const ValueTest&)) {
  Tests out;
  for (const SignedTest& test : tests) {
    if (wanted(test_of(test))) out.push_back(test);
  }
  return out;
}

// Values of a parameter whose tests have several forms, or regular expressions: candidates of each
// form, of which one that passes is certain; that none passes proves nothing.
Answer try_candidates(const Tests& tests, std::string_view name, std::string& value) {
  std::vector<std::string> candidates = {"x", "any", "other value", "22", "db.example.com"};
  std::string found;
  const Tests globs =
      only(tests, [](const ValueTest& test) { return std::holds_alternative<Globs>(test); });
  if (solve_by_globs(globs, false, found) == Answer::found) candidates.push_back(found);
  const Tests hosts = only(tests, [](const ValueTest& test) {
    return std::holds_alternative<std::vector<HostEntry>>(test);
  });
  if (!hosts.empty() && solve_host(hosts, found) == Answer::found) candidates.push_back(found);
  const Tests ports = only(tests, [](const ValueTest& test) {
    return std::holds_alternative<std::vector<PortEntry>>(test);
  });
  if (!ports.empty() && solve_port(ports, name, found) == Answer::found) {
    candidates.push_back(found);
  }
  for (const SignedTest& test : tests) {
    if (const auto* regex = std::get_if<RegexCriterion>(&test_of(test))) {
      for (std::string& text : sample_texts(*regex)) candidates.push_back(std::move(text));
    } else if (const auto* texts = std::get_if<Globs>(&test_of(test))) {
      candidates.insert(candidates.end(), texts->begin(), texts->end());
    }
  }
  for (std::string& candidate : candidates) {
    const bool sound = !candidate.empty() && candidate.find("{{") == std::string::npos &&
                       candidate.find('\0') == std::string::npos;
    if (!sound || !passes(tests, name, candidate)) continue;
    value = std::move(candidate);
    return Answer::found;
  }
  return Answer::unknown;
}

Answer solve_value(const Tests& tests, std::string_view name, std::string& value) {
  if (name == "host") return solve_host(tests, value);
  if (name == "portNumber" || name == "localPortNumber") return solve_port(tests, name, value);
  const bool hosts = has_form<std::vector<HostEntry>>(tests);
  const bool regexes = has_form<RegexCriterion>(tests);
  if (!hosts && !regexes) return solve_by_globs_and_ports(tests, name, value);
  if (!regexes && !has_form<Globs>(tests) && !has_form<std::vector<PortEntry>>(tests)) {
    return solve_by_hosts(tests, name, value);
  }
  return try_candidates(tests, name, value);
}

class Values {
 public:
  Values(std::string_view name, std::span<const Literal> literals) : name_(name) {
    for (const Literal& literal : literals) {
      const auto* value = std::get_if<ValueAtom>(&literal.atom->question);
      if (value == nullptr) {
        (literal.wanted ? must_be_absent_ : must_be_present_) = true;
        continue;
      }
      if (holds_when_absent(*value, name) != literal.wanted) must_be_present_ = true;
      asks_ = asks_ || literal.wanted;
      (literal.wanted == value->denies ? one_ : every_).push_back({literal.atom, literal.wanted});
    }
  }

  // Absent where nothing is asked; said where something is, so that a person need not know what the
  // document's default is.
  Answer solve(Model& model) const {
    if (must_be_absent_ || (!must_be_present_ && !asks_)) return leave_out(model);
    std::vector<std::string> values;
    const Answer answer = has_one_value(name_) ? solve_single(values) : solve_list(values);
    if (answer == Answer::found) {
      model.parameters[std::string(name_)] = std::move(values);
      return answer;
    }
    const Answer absent = leave_out(model);
    return absent == Answer::found ? absent : answer;
  }

 private:
  Answer leave_out(Model& model) const {
    if (must_be_present_) return Answer::none;
    model.parameters.erase(std::string(name_));
    return Answer::found;
  }

  Answer solve_single(std::vector<std::string>& values) const {
    Tests all = every_;
    all.insert(all.end(), one_.begin(), one_.end());
    return solve_value(all, name_, values.emplace_back());
  }

  Answer solve_list(std::vector<std::string>& values) const {
    if (one_.empty()) return solve_value(every_, name_, values.emplace_back());
    for (const SignedTest& test : one_) {
      const auto answers = [&](const std::string& value) { return passes({test}, name_, value); };
      if (std::any_of(values.begin(), values.end(), answers)) continue;
      Tests tests = every_;
      tests.push_back(test);
      const Answer answer = solve_value(tests, name_, values.emplace_back());
      if (answer != Answer::found) return answer;
    }
    return Answer::found;
  }

  std::string_view name_;
  Tests every_, one_;
  bool must_be_absent_ = false, must_be_present_ = false, asks_ = false;
};

}  // namespace

Answer solve_parameter(std::string_view name, std::span<const Literal> literals, Model& model) {
  return Values(name, literals).solve(model);
}

}  // namespace ssmgate::sets
