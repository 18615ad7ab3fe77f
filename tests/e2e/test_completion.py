"""Completion in the shells themselves, and the manual pages: all that the command line has."""

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from clients import need, run
from world import program

ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def gate(*words):
    done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def options_of(path):
    return sorted(set(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", gate(*path, "--help"), re.MULTILINE)))


def children_of(path):
    _, found, tail = gate(*path, "--help").partition("\nSubcommands:\n")
    return re.findall(r"^  (\S+)", tail, re.MULTILINE) if found else []


def all_paths(path=()):
    """Every command, as `--help` tells it."""
    yield path
    for child in children_of(path):
        yield from all_paths((*path, child))


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paths = list(all_paths())
        assert ("ca", "show") in cls.paths and ("doctor",) in cls.paths

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ssmgate-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "my policy.yaml").write_text("")
        (self.folder / "folder").mkdir()
        self.environment = {"HOME": str(self.folder), "TERM": "dumb", "LC_ALL": "C.UTF-8",
                            "PATH": f"{os.path.dirname(program())}:/usr/bin:/bin"}

    def wanted(self):
        """Command lines, each with what must be offered there and what alone may be."""
        everything = None
        for path in self.paths:
            yield " ".join(["ssmgate", *path, "--"]), set(options_of(path)), everything
            if children_of(path):
                yield " ".join(["ssmgate", *path, ""]), set(children_of(path)), everything
        for line, word in (("ssmgate env --shell ", "fish"), ("ssmgate doctor --only gate", "gateway"),
                           ("ssmgate test --format t", "tap"), ("ssmgate ca sh", "show"),
                           ("ssmgate env --unset --shell z", "zsh"),
                           ("ssmgate audit tail --file x --eff", "--effect"),
                           ("ssmgate sessions k", "kill"),
                           ("ssmgate serve --config ca --dr", "--drain"),
                           ("ssmgate check my", "my policy.yaml"),
                           ("ssmgate serve --config my", "my policy.yaml"),
                           ("ssmgate eval --policy my", "my policy.yaml"),
                           ("ssmgate diff a my", "my policy.yaml"),
                           ("ssmgate audit verify --state fo", "folder"),
                           ("ssmgate run -- ech", "echo")):
            yield line, {word}, everything
        # A value that nobody can guess gets no guess.
        yield "ssmgate serve --drain ", set(), set()
        # Words that the program has no list of: the record's schema has.
        record = json.loads((ROOT / "conf/schema/audit-record.schema.json").read_text("utf-8"))
        fields = record["properties"]
        for field in ("decision", "effect", "event"):
            words = set(fields[field]["enum"])
            yield f"ssmgate audit query --{field} ", words, words
        yield "ssmgate audit query --count ", {"user", "code", "rule"}, set(fields)

    def check(self, complete):
        """`complete(lines)`: what the shell offers for each command line, a set for each."""
        wanted = list(self.wanted())
        for (line, least, most), offered in zip(wanted, complete([line for line, _, _ in wanted])):
            self.assertLessEqual(least, offered, line)
            if most is not None:
                self.assertLessEqual(offered, most, line)

    def test_bash(self):
        script = """
eval "$(ssmgate completion bash)"
while IFS= read -r line; do
  read -ra COMP_WORDS <<<"$line"
  [[ $line == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  compopt() { :; }
  _ssmgate
  printf '%s\\n' "${COMPREPLY[@]}" end-of-line
done
"""
        self.check(lambda lines: self.answers(["bash", "--norc", "-c", script], lines))

    def test_fish(self):
        need("fish", "fish")
        script = """
ssmgate completion fish | source
while read -l line
    complete -C "$line" | string replace -r '\\t.*' ''
    echo end-of-line
end
"""
        self.check(lambda lines: self.answers(["fish", "--no-config", "-c", script], lines))

    def test_zsh(self):
        need("zsh", "zsh")
        # A terminal of its own: zsh completes nowhere else. What it would offer is noted by compadd.
        # What is typed before its line editor is at work is the terminal's to edit, and Ctrl-U
        # then takes the line away: so the editor itself says that it has begun.
        script = r"""
zmodload zsh/zpty zsh/zselect
rm -f $NOTES.ready
# Takes what the other shell prints, and leaves it the processor.
until_ready() { while [[ ! -e $NOTES.ready ]]; do zpty -r -t z junk; zselect -t 1; done }
zpty z zsh -f -i
zpty -w z 'PS1= PS2=; stty -echo; autoload -Uz compinit; compinit -D -u; eval "$(ssmgate completion zsh)"
note() { builtin compadd "$@"; local -a hits; builtin compadd -O hits "$@"; print -rl -- $hits >>$NOTES }
_complete_all() { compadd() { note "$@" }; _main_complete; unfunction compadd }
zle -C all complete-word _complete_all; bindkey "^T" all
zle-line-init() { print -r >$NOTES.ready }; zle -N zle-line-init'
until_ready
while IFS= read -r line; do
  : >$NOTES; rm -f $NOTES.ready
  zpty -w -n z "$line"$'\C-t\C-u\n'
  until_ready
  cat $NOTES; print end-of-line
done
"""
        self.environment["NOTES"] = str(self.folder / ".notes")
        self.check(lambda lines: self.answers(["zsh", "-f", "-c", script], lines))

    def answers(self, command, lines):
        done = run(command, self.environment, "\n".join(lines) + "\n", cwd=self.folder)
        parts = done.out.split("end-of-line\n")[:-1]
        self.assertEqual(len(parts), len(lines), done.err + done.out[-2000:])
        return [{word.replace("\\ ", " ").rstrip("/ ") for word in part.split("\n") if word.strip()}
                for part in parts]

    def test_shells_find_no_fault_in_the_scripts(self):
        for shell, words in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]),
                             ("fish", ["fish", "--no-execute"])):
            file = self.folder / f"ssmgate.{shell}"
            file.write_text(gate("completion", shell))
            done = run([*words, str(file)], self.environment)
            self.assertEqual((done.status, done.out, done.err), (0, "", ""), shell)

    def test_there_is_no_script_for_another_shell(self):
        done = subprocess.run([program(), "completion", "tcsh"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1)


class Pages(unittest.TestCase):
    def lint(self, page):
        need("mandoc", "mandoc")
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=page, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.stdout + done.stderr, "")
        text = subprocess.run(["mandoc", "-Tutf8", "-Owidth=78"], input=page, capture_output=True,
                              text=True, check=True).stdout
        return re.sub(r".\x08", "", text)

    def test_every_command_and_option_stands_in_its_page(self):
        for path in all_paths():
            if len(path) > 1:
                continue
            text = self.lint(gate("man", *path))
            self.assertIn("EXAMPLES", text, f"{path}: nothing in interface/man_text.cpp")
            for below in all_paths(path) if path else [()]:
                self.assertIn(" ".join(["ssmgate", *below]), text)
                for option in options_of(below):
                    self.assertIn(option, text, below)
            self.assertIn("EXIT STATUS", text, path)

    def test_man_shows_them(self):
        need("man", "man-db")
        with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
            file.write(gate("man", "doctor"))
            file.flush()
            done = run(["man", "--warnings", "-l", file.name],
                       {"PATH": os.environ["PATH"], "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertIn("ssmgate-doctor", done.out)

    def test_the_pages_of_the_files_have_every_key(self):
        for kind, page in (("config", "ssmgate.yaml.5"), ("policy", "ssmgate-policy.5")):
            text = self.lint((ROOT / "docs" / "man" / page).read_text("utf-8"))
            schema = json.loads((ROOT / "conf" / "schema" / f"{kind}.schema.json").read_text("utf-8"))
            for key in sorted(keys_of(schema)):
                self.assertRegex(text, rf"\b{re.escape(key)}\b", page)

    def test_a_page_of_nothing(self):
        done = subprocess.run([program(), "man", "nothing"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))


def keys_of(schema):
    """Every name under `properties`, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema), set())
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {}))
    return found.union(*map(keys_of, schema.values()))


class EveryCommand(unittest.TestCase):
    def test_help_and_version(self):
        for path in all_paths():
            done = subprocess.run([program(), *path, "--help"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
            self.assertIn("Usage: ssmgate", done.stdout, path)
        self.assertRegex(gate("--version"), r"^ssmgate \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
