#include "iam_world.hpp"

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "\"" : ", \"") + word + '"';
  return out;
}

}  // namespace

std::string IamWorld::plain_resource() {
  const std::string region = one_of({"*", "*", "us-east-1", "us-*"});
  const std::string account = one_of({"*", "*", "111122223333"});
  switch (below(6)) {
    case 0:
    case 1:
      return "arn:aws:ec2:" + region + ':' + account + ":instance/" +
             one_of({"*", "i-0*", "i-0123456789abcdef0"});
    case 2: return "arn:aws:ssm:" + region + ':' + account + ":managed-instance/*";
    case 3:
      return "arn:aws:ssm:" + region + "::document/" +
             one_of({"AWS-StartSSHSession", "AWS-StartPortForwardingSession",
                     "AWS-StartInteractiveCommand"});
    case 4:
      return "arn:aws:ssm:" + region + ":*:document/" +
             one_of({"AWS-StartSSHSession", "AWS-StartPortForwardingSessionToRemoteHost", "MyDoc"});
    default:
      return "arn:aws:ssm:" + region + ':' + account + ":document/" +
             one_of({"SSM-SessionManagerRunShell", "MyDoc", "My*", "SSM-*"});
  }
}

std::string IamWorld::resource() {
  if (plain_) return plain_resource();
  if (once_in(12)) {
    return one_of({"*", "arn:aws:ssm:*", "arn:aws:ec2:*", "arn:*", "arn:aws:ssm:us-east-1:*",
                   "arn:aws:ssm:*:document/*", "arn:aws:ssm:*document/MyDoc",
                   "arn:aws:*:instance/*", "arn:aws:s3:::bucket/*",
                   "arn:aws:ssm:*:*:document/MyDoc:*"});
  }
  const std::string partition = one_of({"aws", "aws", "*", "aws*"});
  const std::string region =
      one_of({"*", "*", "us-east-1", "eu-west-1", "us-*", "*-1", "us-east-?"});
  std::string account = one_of({"*", "*", "*", "111122223333", "444455556666", "1*"});
  if (once_in(2)) {
    if (once_in(3)) account = "";
    return "arn:" + partition + ":ssm:" + region + ':' + account + ":document/" +
           one_of({"*", "AWS-*", "AWS-Start*", "A*", "AWS-StartSSHSession",
                   "AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost",
                   "AWS-StartInteractiveCommand", "SSM-SessionManagerRunShell", "SSM-*", "MyDoc",
                   "My*", "?yDoc", "MyOther", "aws-startsshsession", "Am*"});
  }
  const std::string kind = one_of({"ec2", "ec2", "ssm", "ecs"});
  const std::string prefix = "arn:" + partition + ':' + kind + ':' + region + ':' + account + ':';
  if (kind == "ssm") {
    return prefix + one_of({"managed-instance/*", "managed-instance/mi-0123456789abcdef0", "*"});
  }
  if (kind == "ecs") return prefix + one_of({"task/*", "task/prod/*", "task/*/*", "task/pr*"});
  return prefix + one_of({"instance/*", "instance/i-0*", "instance/i-0123456789abcdef0",
                          "instance/i-1*", "*", "inst*", "instance/i-0123456789abcdef?", "*/*"});
}

std::string IamWorld::condition(bool allows) {
  const std::string check = R"("ssm:SessionDocumentAccessCheck")";
  const int kinds = allows ? 12 : 14;
  int kind = below(kinds);
  while (plain_ && (kind == 4 || kind == 10 || kind == 11)) kind = below(kinds);
  switch (kind) {
    case 0:
    case 1:
    case 2: return R"("BoolIfExists": {)" + check + R"(: "true"})";
    case 3: return R"("Bool": {)" + check + ": true}";
    case 4: return R"("Bool": {)" + check + R"(: "false"})";
    case 5: return R"("IpAddress": {"aws:SourceIp": ["10.8.0.0/16", "192.0.2.7"]})";
    case 6: return R"("DateLessThan": {"aws:CurrentTime": "2026-06-15T00:00:00Z"})";
    case 7: return R"("DateGreaterThan": {"aws:currenttime": "2026-05-15T00:00:00Z"})";
    case 8: return R"("StringEquals": {"aws:RequestedRegion": ["us-east-1", "ap-south-1"]})";
    case 9: return R"("StringEquals": {"aws:PrincipalAccount": "111122223333"})";
    case 10: return R"("BoolIfExists": {"aws:MultiFactorAuthPresent": "false"})";
    case 11: return R"("StringLike": {"ssm:resourceTag/Team": "d*"})";
    case 12: return R"("NotIpAddress": {"aws:SourceIp": "10.8.0.0/16"})";
    default: return R"("StringNotEquals": {"aws:RequestedRegion": "us-east-1"})";
  }
}

std::string IamWorld::statement(bool first) {
  const bool allows = first || !once_in(3);
  std::vector<std::string> resources;
  for (int i = below(3); i >= 0; --i) resources.push_back(resource());
  if (allows && once_in(3)) resources.emplace_back("arn:aws:ec2:*:*:instance/*");
  if (allows && once_in(3)) resources.emplace_back("arn:aws:ssm:*:*:document/AWS-StartSSHSession");
  const bool not_resource = !plain_ && once_in(12);
  const bool not_action = !plain_ && once_in(15);
  std::string out = std::string(R"({"Effect": ")") + (allows ? "Allow" : "Deny") + "\", ";
  out += not_action ? R"("NotAction": )" : R"("Action": )";
  out += '"' +
         (plain_       ? std::string("ssm:StartSession")
          : not_action ? one_of({"ssm:SendCommand", "ec2:*", "ssm:*"})
                       : one_of({"ssm:StartSession", "ssm:StartSession", "ssm:*", "*",
                                 "SSM:startsession", "ssm:Start*", "ssm:SendCommand"})) +
         "\", ";
  out += (not_resource ? R"("NotResource": [)" : R"("Resource": [)") + join(resources) + ']';
  if (once_in(2)) {
    out += R"(, "Condition": {)" + condition(allows) + '}';
  }
  return out + '}';
}

std::string IamWorld::policy() {
  std::string out = R"({"Version": "2012-10-17", "Statement": [)";
  const int count = 1 + below(4);
  for (int i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + statement(i == 0);
  return out + "]}";
}

IamRequest IamWorld::request() {
  IamRequest r;
  r.target = one_of({"i-0123456789abcdef0", "i-0123456789abcdef1", "i-1123456789abcdef0",
                     "mi-0123456789abcdef0", "mi-1123456789abcdef0",
                     "ecs:prod_0123456789abcdef0123456789abcdef_a-1",
                     "ecs:prod_x_0123456789abcdef0123456789abcdef_a-1"});
  r.account = one_of({"111122223333", "111122223333", "444455556666"});
  r.region = one_of({"us-east-1", "us-east-1", "eu-west-1", "us-west-2"});
  if (!once_in(5)) {
    r.document =
        one_of({"AWS-StartSSHSession", "AWS-StartPortForwardingSession",
                "AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartInteractiveCommand",
                "SSM-SessionManagerRunShell", "MyDoc", "MyOther", "Ambulance",
                "arn:aws:ssm:" + r.region + ":111122223333:document/MyDoc",
                "arn:aws:ssm:" + r.region + ":777788889999:document/MyDoc",
                "arn:aws:ssm:" + r.region + "::document/AWS-StartSSHSession", "AWS-PasswordReset"});
  }
  r.client = one_of({"10.8.0.1", "192.0.2.7", "203.0.113.9"});
  r.time = one_of({"2026-05-01T12:00:00Z", "2026-06-01T12:00:00Z", "2026-07-01T12:00:00Z"});
  r.mfa = once_in(2);
  r.tag = one_of({"", "dba", "web"});
  return r;
}

std::string session_body(const IamRequest& request) {
  std::string out = R"({"Target": ")" + request.target + '"';
  if (!request.document) return out + '}';
  out += R"(, "DocumentName": ")" + *request.document + '"';
  if (request.document->ends_with("RemoteHost")) {
    out += R"(, "Parameters": {"host": ["db.example.com"], "portNumber": ["5432"]})";
  } else if (request.document->ends_with("Command")) {
    out += R"(, "Parameters": {"command": ["id"]})";
  }
  return out + '}';
}
