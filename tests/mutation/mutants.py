"""Deliberate faults in the decider and the canonical forms: NAME, FILE, what stands there, what
stands there instead. Each exact text occurs once in its file."""

CRITERIA = "policy/rules/criteria.cpp"
DECIDE = "policy/rules/decide.cpp"
COMPILED = "policy/rules/compiled.hpp"
NEAREST = "policy/rules/nearest.cpp"
COUNTER = "policy/rules/nearest_index.cpp"
INDEX = "policy/rules/rule_index.cpp"
KEYS = "policy/rules/rule_keys.cpp"
FACTS = "policy/rules/facts.cpp"
HOURS = "policy/rules/hours.cpp"
DOCUMENT_PATTERN = "policy/rules/document_pattern.cpp"
HOST = "policy/names/host.cpp"
HOST_PATTERN = "policy/names/host_pattern.cpp"
ADDRESS = "policy/names/ip_address.cpp"
CIDR = "policy/names/cidr.cpp"
GLOB = "policy/names/glob.cpp"
DOCUMENT = "policy/names/document.cpp"
PORT = "policy/names/port.cpp"
TARGET = "policy/names/target.cpp"
SESSION = "policy/request/start_session.cpp"
SHAPE = "policy/request/session_shape.cpp"
CREDENTIAL = "policy/request/credential.cpp"

MUTANTS = [
    # The decision.
    ("deny-on-trial-refuses", DECIDE, "    if (on_trial(rule, facts.now)) {\n      noted",
     "    if (false) {\n      noted"),
    ("trial-never-ends", COMPILED, "return rule.report_until && now < *rule.report_until;",
     "return rule.report_until.has_value();"),
    ("ended-trial-allows", DECIDE,
     "const bool may_count = !rule.report_until || on_trial(rule, facts.now);",
     "const bool may_count = true;"),
    ("trial-allows-in-force", DECIDE, "    if (rule.report_until) {\n      trials",
     "    if (false) {\n      trials"),
    ("trials-noted-beside-allow", DECIDE, "if (found == nullptr) noted.insert(", "noted.insert("),
    ("policy-report-never-ends", DECIDE, "policy.report_until && facts.now < *policy.report_until",
     "policy.report_until"),
    ("noted-deny-relays", DECIDE, "[](const Rule* rule) { return !rule->denies; }",
     "[](const Rule*) { return true; }"),
    ("allow-before-deny", DECIDE, "if (const Rule* rule = find_deny(policy, facts, noted)) {",
     "if (const Rule* rule = find_allow(policy, facts, noted) != nullptr\n"
     "                             ? nullptr\n"
     "                             : find_deny(policy, facts, noted)) {"),
    ("operations-ignored", DECIDE, "if (std::none_of(globs.begin(), globs.end(), denied)) {",
     "if (globs.empty() || std::none_of(globs.begin(), globs.begin() + 1, denied)) {"),
    ("reported-unsorted", DECIDE, "return a->where < b->where;", "return b->where < a->where;"),
    # Criteria.
    ("users-any-is-everyone", CRITERIA, "if (users.any && (caller.user || caller.unix_user))",
     "if (users.any)"),
    ("users-any-not-local", CRITERIA, "if (users.any && (caller.user || caller.unix_user))",
     "if (users.any && caller.user)"),
    ("unix-group-without-user", CRITERIA, "  if (!caller.unix_user) return false;\n",
     "  if (!caller.unix_user && caller.unix_groups.empty()) return false;\n"
     "  if (!caller.unix_user) return !users.unix_groups.empty();\n"),
    ("account-absent-holds", CRITERIA, "(!facts.claims.account.empty() &&\n",
     "(facts.claims.account.empty() ||\n"),
    ("claim-absent-holds", CRITERIA, "globs.empty() || (!claim.empty() && any_glob(globs, claim))",
     "globs.empty() || any_glob(globs, claim)"),
    ("deny-passes-over", CRITERIA, "if (denies) return said ? Ground::judge : Ground::holds;",
     "if (denies && !said) return Ground::holds;"),
    ("allow-not-passed-over", CRITERIA, "if (catalogued && !takes) return Ground::holds;", ""),
    ("deny-guards-hosts", CRITERIA,
     "return denies ? entry.pattern.matches(host) : entry.pattern.grants(host);",
     "return entry.pattern.grants(host);"),
    ("allow-grants-guarded", CRITERIA,
     "return denies ? entry.pattern.matches(host) : entry.pattern.grants(host);",
     "return entry.pattern.matches(host);"),
    ("allow-one-value-enough", CRITERIA,
     "return rule.denies ? std::any_of(values.begin(), values.end(), passes)",
     "return true ? std::any_of(values.begin(), values.end(), passes)"),
    ("deny-all-values", CRITERIA,
     "return rule.denies ? std::any_of(values.begin(), values.end(), passes)",
     "return false ? std::any_of(values.begin(), values.end(), passes)"),
    ("absent-any-denies", CRITERIA,
     "if (!rule.denies && std::holds_alternative<AnyValue>(criterion.test)) return true;",
     "if (std::holds_alternative<AnyValue>(criterion.test)) return true;"),
    ("unnamed-parameter-passes", CRITERIA,
     "return all && find_unnamed_parameter(rule, facts) == nullptr;", "return all;"),
    ("not-before-excludes", CRITERIA, "facts.now >= *rule.not_before", "facts.now > *rule.not_before"),
    ("expires-includes", CRITERIA, "facts.now < *rule.expires", "facts.now <= *rule.expires"),
    ("reason-absent-holds", CRITERIA, "(facts.request.reason && search(",
     "(!facts.request.reason || search("),
    ("commands-ignored", CRITERIA,
     "return facts.request.command && any_glob(rule.commands, *facts.request.command);",
     "return facts.request.command.has_value();"),
    ("client-not-unmapped", FACTS, "client(unmapped(from.client))", "client(from.client)"),
    ("no-default-host", FACTS, "if (!request.host && !catalogued->default_host.empty()) {",
     "if (false) {"),
    ("no-default-port", FACTS, "if (!port_ && !catalogued->default_port.empty())", "if (false)"),
    ("no-default-local-port", FACTS, 'if (parameter == "localPortNumber")', "if (false)"),
    ("account-document-is-catalogued", FACTS,
     "return document.owner() == Document::Owner::aws ? find_catalogued(document.name()) : nullptr;",
     "return find_catalogued(document.name());"),
    # Hours.
    ("hours-include-end", HOURS, "hours.from <= time && time < hours.to",
     "hours.from <= time && time <= hours.to"),
    ("hours-exclude-begin", HOURS, "hours.from <= time && time < hours.to",
     "hours.from < time && time < hours.to"),
    ("night-of-the-wrong-day", HOURS, "has_day(hours.days, today + 6)", "has_day(hours.days, today)"),
    # Finding rules.
    ("index-forgets-globs", INDEX, "    out.add(bucket->unkeyed);\n", ""),
    ("index-passes-over-nothing", INDEX, "!rules_[rule].denies && is_passed_over(criterion, document_)",
     "false && is_passed_over(criterion, document_)"),
    ("index-one-key", INDEX, "for (const Key key : keys) out.add(bucket->find(key));",
     "out.add(bucket->find(keys.front()));"),
    ("index-deny-passed-over", INDEX, "return rule.documents.empty() ||\n         std::any_of(",
     "return std::any_of("),
    ("merge-out-of-order", INDEX, "rule = std::min(rule, list.front());",
     "rule = std::max(rule, list.front());"),
    ("keys-no-heads", KEYS, "for (const std::uint8_t length : kinds.heads) {",
     "for (const std::uint8_t length : std::vector<std::uint8_t>()) {"),
    ("keys-v4-for-v6", KEYS, "address.is_v4() ? v4 : v6) {", "address.is_v4() ? v6 : v4) {"),
    ("keys-labels-from-left", KEYS, "name.labels[i], count - 1 - i", "name.labels[i], i"),
    ("keys-unix-groups-missing", KEYS, "keys.push_back(make_key(Kind::unix_group, group));", ";"),
    # The nearest rule.
    ("nearest-latest-of-equals", NEAREST, "if (failed == 0 || failed >= fewest) continue;",
     "if (failed == 0 || failed > fewest) continue;"),
    ("nearest-teaches-others", COUNTER, "if (criterion < nameable || ++failed >= enough) return enough;",
     "if (++failed >= enough) return enough;"),
    ("nearest-of-ended-trial", COUNTER, "  if (ended) return enough;\n",
     "  if (ended && enough == 0) return enough;\n"),
    ("nearest-keyed-holds", COUNTER, "out.at_first[i] = NearestIndex::Outcome::fails;",
     "out.at_first[i] = NearestIndex::Outcome::holds;"),
    # Documents.
    ("arn-ignores-region", DOCUMENT_PATTERN,
     "if (!place.region.empty() && !glob_matches(region_, region)) return false;", ""),
    ("arn-ignores-account", DOCUMENT_PATTERN,
     "return !carries_account || glob_matches(account_, document.account());", "return true;"),
    ("arn-crosses-account-line", DOCUMENT_PATTERN,
     "if (has_account() != carries_account) return false;", ""),
    ("name-matches-foreign-document", DOCUMENT_PATTERN,
     "return !carries_account && glob_matches(name_, document.name());",
     "return glob_matches(name_, document.name());"),
    ("miscased-document", DOCUMENT,
     "if (!find_miscased_name(name).empty()) return DocumentFault::miscased;", ""),
    ("reserved-by-case", DOCUMENT, "return ascii::iequals(name.substr(0, prefix.size()), prefix);",
     "return name.substr(0, prefix.size()) == prefix;"),
    ("other-region-accepted", DOCUMENT,
     "if (!place.region.empty() && arn.region != place.region) return DocumentFault::other_region;",
     ""),
    # Hosts and addresses.
    ("host-keeps-case", HOST, "std::string name = ascii::to_lower(text);", "std::string name(text);"),
    ("host-two-dots", HOST, "if (text.ends_with('.')) text.remove_suffix(1);",
     "while (text.ends_with('.')) text.remove_suffix(1);"),
    ("nat64-is-ipv6", HOST, " || begins_with(address, kNat64)) return inner;", ") return inner;"),
    ("compatible-is-ipv6", HOST,
     "if (begins_with(address, kCompatible) && !unspecified_or_loopback) return inner;", ""),
    ("translated-accepted", HOST,
     "if (host_rules::is_translated(*address)) return HostFault::translated_address;", ""),
    ("hex-label-accepted", HOST, 'if (label.starts_with("0x")) {', "if (false) {"),
    ("localhost-subdomain-open", HOST, 'name.ends_with(".localhost") ||', ""),
    ("link-local-open", HOST, "Cidr(IpAddress::v6({0xFE, 0x80}), 10)",
     "Cidr(IpAddress::v6({0xFE, 0x80}), 128)"),
    ("wider-block-opens-guarded", HOST_PATTERN,
     "[&](const Cidr& block) { return block.contains(cidr); });",
     "[&](const Cidr& block) { return block.contains(cidr.base()); });"),
    ("wildcard-matches-no-label", HOST_PATTERN, "if (leftmost) return left == 1 && !pattern.leading_wildcard;",
     "if (leftmost) return left == 1;"),
    ("wildcard-opens-guarded", HOST_PATTERN, "return name->literal || is_localhost_wildcard(*name);",
     "return true;"),
    ("octal-address", ADDRESS, "if (at == begin || leading_zero || value > 255) return false;",
     "if (at == begin || value > 255) return false;"),
    ("cidr-half-byte", CIDR, "return rest == 0 || ((x[whole] ^ y[whole]) >> (8 - rest)) == 0;",
     "return true;"),
    ("cidr-crosses-families", CIDR, "base_.is_v4() == address.is_v4() && share_prefix(",
     "share_prefix("),
    # Globs, ports, targets, the request.
    ("glob-question-takes-none", GLOB, "      ++p;\n      t = next_code_point(text, t);",
     "      ++p;"),
    ("glob-prefix-enough", GLOB, "return pattern.find_first_not_of('*', p) == kNone;", "return true;"),
    ("port-leading-zero", PORT, "(text.size() > 1 && text[0] == '0')", "false"),
    ("port-zero", PORT, "return port && *port >= 1 ? port : std::nullopt;", "return port;"),
    ("port-range-open", PORT, "*low > *high || *low < minimum", "*low < minimum"),
    ("target-upper-hex", TARGET, "ascii::is_lower_hex", "ascii::is_alnum"),
    ("target-runtime-underscore", TARGET, "const std::size_t second = id.rfind('_');",
     "const std::size_t second = id.find('_', 1);"),
    ("reference-accepted", SESSION, 'if (value.find("{{") == std::string_view::npos) continue;',
     "continue;"),
    ("two-values-accepted", SESSION, "(one && parameter.values.size() != 1)", "false"),
    ("unknown-parameter-accepted", SESSION, "if (entry_ != nullptr && !takes(*entry_, parameter.name)) {",
     "if (false) {"),
    ("duplicate-key-accepted", SESSION, "if (const auto key = json->duplicate_key()) {",
     "if (const auto key = json->duplicate_key(); false) {"),
    ("reason-line-break", SHAPE, 'text.find_first_of("\\r\\n") != std::string_view::npos ||',
     'text.find("\\r\\n") != std::string_view::npos ||'),
    ("old-key-has-account", CREDENTIAL, "if ((bits >> 49U) == 0) return std::nullopt;", ""),
    ("account-off-by-a-bit", CREDENTIAL, "(bits >> 9U) &", "(bits >> 8U) &"),
]
