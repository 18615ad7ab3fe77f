#include "commands/interface/man_text.hpp"

#include <algorithm>

namespace ssmgate::interface {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

const Pairs kPolicyTool = {{"0", "No errors."},
                           {"1", "Warnings, under --strict."},
                           {"2", "Errors, or a file that cannot be read."}};
const Pairs kPlain = {{"0", "It was done."}, {"2", "It was not; standard error says why."}};

const std::vector<ManText>& all() {
  static const std::vector<ManText> kAll = {
      {"",
       {"ssmgate stands between the clients of AWS Systems Manager (the AWS CLI, the SDKs) and its "
        "API as an HTTPS forward proxy. It decodes StartSession and refuses every document, host, "
        "port and target that a policy does not grant. What it lets through reaches AWS byte for "
        "byte as the client signed it.",
        "Each command has a page of its own: ssmgate-serve(1) and so on."},
       {{"0", "The command did what it is for."},
        {"2",
         "It did not, or the command line is wrong; standard error says so in one line. Where "
         "another number stands for that, the command's own page says it."}},
       {{"A gateway, and this shell behind it", "ssmgate serve & eval \"$(ssmgate env)\""},
        {"One command behind a gateway of its own",
         "ssmgate run -- aws ssm start-session --target i-0123456789abcdef0"}}},
      {"serve",
       {"Runs until SIGTERM or SIGINT; open sessions then go on for up to --drain. SIGHUP, or a "
        "change of one of its files, loads everything again, whole or not at all."},
       {{"0", "It was told to end."}, {"2", "It could not start."}},
       {{"A gateway for this user", "ssmgate serve"}}},
      {"run",
       {"The command's standard streams, signals and exit status are its own. Its environment has "
        "HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS set for a gateway on a free "
        "port of loopback, which ends with it."},
       {{"125", "The gateway could not be started, or the command line is wrong."},
        {"126", "The command cannot be run."},
        {"127", "The command cannot be found."},
        {"other", "The command's own."}},
       {{"A shell on a node",
         "ssmgate run -- aws ssm start-session --target i-0123456789abcdef0"}}},
      {"env",
       {"Prints assignments for the shell to evaluate. What was set before is kept beside it and "
        "comes back with --unset."},
       kPlain,
       {{"In bash and zsh", "eval \"$(ssmgate env)\""},
        {"In fish", "ssmgate env --shell fish | source"}}},
      {"init",
       {"Existing files stay as they are."},
       kPlain,
       {{"In the user's folder", "ssmgate init"}}},
      {"ca",
       {"The CA is made at the gateway's first start. Its key stays where it is; what clients are "
        "to trust is printed."},
       {{"0", "It was done."},
        {"1",
         "A forged certificate was believed (prove), or it is too early for the step (rotate)."},
        {"2", "It was not done; standard error says why."}},
       {{"What AWS_CA_BUNDLE is to name", "ssmgate ca bundle >bundle.pem"}}},
      {"audit",
       {"Reads the file sinks of the configuration, or what --file names: files of one chain in "
        "any "
        "order, or `-` for standard input. A log of any size is streamed.",
        "Of --since and --until a time is written with its zone (2026-11-29T08:00:00Z), as a date, "
        "or as how long ago (90s, 15m, 2h, 7d). What the other options name are globs, and one of "
        "several is enough."},
       {{"0", "All was read; the log is intact (verify); all that was refused is suggested."},
        {"1",
         "Damaged lines were passed over (tail, query); the log is damaged (verify); some of it is "
         "not suggested, which comments explain (suggest)."},
        {"2", "The log, or the question, cannot be read."}},
       {{"What is refused now", "ssmgate audit tail --follow --decision deny"},
        {"Who was refused most since yesterday",
         "ssmgate audit query --since 24h --decision deny --count user"},
        {"Has anybody touched the log?",
         "ssmgate audit verify --file /var/log/ssmgate/audit.jsonl*"},
        {"The rules that would allow it", "ssmgate audit suggest --since 7d --user alice"}}},
      {"sessions",
       {"Asks the gateway that runs with the same configuration, on its admin listener. To end a "
        "session needs the token in `admin.token` under `state`: be the user that the gateway runs "
        "as. What is ended here is ended at AWS by terminate-session."},
       {{"0", "It was done."},
        {"1", "There is no such session (kill)."},
        {"2", "No gateway answers, or there was another trouble."}},
       {{"Who is in what session", "ssmgate sessions --watch"},
        {"The end of one", "ssmgate sessions kill alice-0a1b2c3d4e5f67890"}}},
      {"doctor",
       {"Says what would go wrong, a line each: ok, warning or problem, and below it the line that "
        "mends it. It writes nothing but a probe beside each audit log, gone at once, or into a "
        "sink "
        "that is no file, and opens "
        "connections to the gateway (which records them as any client's) and to AWS."},
       {{"0", "All is well."},
        {"1", "There are warnings."},
        {"2", "There are problems."},
        {"3", "The command line is wrong."}},
       {{"Why does this shell not get through?", "ssmgate doctor"},
        {"On a server, without its shell",
         "ssmgate doctor --only config,ca,files,state,policy,audit,upstream"}}},
      {"check",
       {},
       kPolicyTool,
       {{"In a repository of policies", "ssmgate check --strict *.yaml"}}},
      {"eval",
       {"Behind `--` stands a command as it would be typed, or nothing: then the request's JSON "
        "body "
        "is read from standard input."},
       {{"0", "Allowed."},
        {"1", "Denied."},
        {"2", "Malformed."},
        {"3", "It could not be judged: a file, the command line."}},
       {{"Would this pass?",
         "ssmgate eval --policy policy.yaml -- aws ssm start-session --target "
         "i-0123456789abcdef0"}}},
      {"diff",
       {},
       {{"0", "The new one grants nothing that the old one did not."},
        {"1", "It does."},
        {"2", "A file cannot be read, or has errors."}},
       {{"Before a merge", "ssmgate diff old.yaml new.yaml"}}},
      {"test",
       {},
       {{"0", "All cases passed."},
        {"1", "Some failed, or under --strict a rule was not exercised."},
        {"2", "A file cannot be read, or has errors."}},
       {{"All of a folder", "ssmgate test --format junit policies/*.test.yaml"}}},
      {"import-iam",
       {},
       kPlain,
       {{"From an account",
         "aws iam get-policy-version --policy-arn ARN --version-id v1 | ssmgate "
         "import-iam /dev/stdin"}}},
      {"export-iam", {}, kPlain, {{"What backs a policy up", "ssmgate export-iam policy.yaml"}}},
      {"status",
       {"Asks the gateway that runs with the same configuration, on its admin listener."},
       {{"0", "It is healthy."}, {"1", "Something is wrong with it."}, {"2", "None answers."}},
       {{"For a script", "ssmgate status --json"}}},
      {"reload",
       {"The same as SIGHUP, and tells what came of it."},
       {{"0", "What was changed is in force."},
        {"1", "The reload was refused; what was in force stays so."},
        {"2", "None answers."}},
       {{"After an edit", "ssmgate reload"}}},
      {"completion",
       {"Debian's bash-completion, zsh and fish find what `cmake --install` has put into place by "
        "themselves."},
       kPlain,
       {{"In ~/.bashrc", "eval \"$(ssmgate completion bash)\""},
        {"In ~/.zshrc, after compinit", "eval \"$(ssmgate completion zsh)\""},
        {"In fish", "ssmgate completion fish >~/.config/fish/completions/ssmgate.fish"}}},
      {"man", {}, kPlain, {{"Without any installation", "ssmgate man doctor | man -l -"}}},
  };
  return kAll;
}

}  // namespace

const ManText* find_man_text(const std::string& group) {
  const auto found = std::ranges::find(all(), group, &ManText::group);
  static const ManText kOther = {"", {}, kPlain, {}};
  return found == all().end() ? &kOther : &*found;
}

}  // namespace ssmgate::interface
