// IAM as its User Guide tells it, in plain loops over the JSON: shares no code with the import.
//
// SOURCE: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements"; Systems Manager
// User Guide, "Enforce a session document permission check".
#pragma once

#include <optional>
#include <string>

#include <boost/json/value.hpp>

struct IamRequest {
  std::string target;
  std::optional<std::string> document;
  std::string account = "111122223333";
  std::string region = "us-east-1";
  std::string client = "10.8.0.1";
  std::string time = "2026-06-01T12:00:00Z";
  bool mfa = false;
  std::string tag;
};

// How wildcards and colons go together, on which readers differ.
enum class Colons { segments, whole_string };

// True when IAM lets this session begin. A shell that may be had by leaving the document's name out
// counts as allowed under its name, too: it is the same session.
bool iam_allows(const boost::json::value& policy, const IamRequest& request, Colons colons);
