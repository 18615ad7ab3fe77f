// What the `yaml` package of npm reads: a JSON line for each JSON line of text in the file named
// first. It must lie in node_modules beside this file. Only make.py runs it.
import fs from "fs";
import YAML from "yaml";

const NULLS = ["", "~", "null", "Null", "NULL"];

function key(node) {
  if (!YAML.isScalar(node)) throw new Error("key");
  return node.type === "PLAIN" ? node.source : node.value;
}

function plain(node) {
  if (node === null || node === undefined) return null;
  if (YAML.isScalar(node)) {
    if (node.type !== "PLAIN") return node.value;
    return NULLS.includes(node.source) ? null : node.source;
  }
  if (YAML.isSeq(node)) {
    return node.items.map((x) => (YAML.isPair(x) ? { [key(x.key)]: plain(x.value) } : plain(x)));
  }
  if (!YAML.isMap(node)) throw new Error("alias");
  return Object.fromEntries(node.items.map((pair) => [key(pair.key), plain(pair.value)]));
}

function read(text) {
  const options = { version: "1.2", schema: "core", uniqueKeys: true, intAsBigInt: true };
  const documents = YAML.parseAllDocuments(text, options);
  if (documents.length !== 1 || documents[0].errors.length) return { error: true };
  let properties = false;
  YAML.visit(documents[0], {
    Node(_, node) {
      if (node.anchor || node.tag) properties = true;
    },
  });
  return properties ? { error: true } : { value: plain(documents[0].contents) };
}

for (const line of fs.readFileSync(process.argv[2], "utf8").split("\n")) {
  if (!line) continue;
  let out = { error: true };
  try {
    out = read(JSON.parse(line));
  } catch {}
  console.log(JSON.stringify(out));
}
