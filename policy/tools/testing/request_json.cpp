#include "tools/testing/request_json.hpp"

#include "ssmgate/text/fields.hpp"
#include "tools/json_text.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools {
namespace {

class Writer {
 public:
  Writer(RequestJson& out, Diagnostics& diagnostics) : out_(out), diagnostics_(diagnostics) {}

  // LIMIT: as deep as the tree, which is at most kMaxNesting.
  void write(const TreeNode& node) {
    if (node.kind == TreeNode::Kind::mapping) return write_mapping(node);
    if (node.kind == TreeNode::Kind::sequence) return write_sequence(node);
    if (node.kind == TreeNode::Kind::string) return append_json_string(out_.text, node.scalar);
    if (!out_.untyped) out_.untyped = node.where;
    write_untyped(node);
  }

 private:
  void write_mapping(const TreeNode& node) {
    out_.text += '{';
    for (const TreeEntry& entry : node.entries) {
      if (&entry != &node.entries.front()) out_.text += ", ";
      append_json_string(out_.text, entry.key);
      out_.text += ": ";
      write(entry.value);
    }
    out_.text += '}';
  }

  void write_sequence(const TreeNode& node) {
    out_.text += '[';
    for (const TreeNode& item : node.items) {
      if (&item != &node.items.front()) out_.text += ", ";
      write(item);
    }
    out_.text += ']';
  }

  void write_untyped(const TreeNode& node) {
    if (node.kind == TreeNode::Kind::null) {
      out_.text += "null";
    } else if (node.kind == TreeNode::Kind::boolean) {
      out_.text += node.scalar[0] == 't' || node.scalar[0] == 'T' ? "true" : "false";
    } else if (is_json_number(node.scalar)) {
      out_.text += node.scalar;
    } else {
      report_error(diagnostics_, node.where,
                   in_backticks(node.scalar) + " is a number that JSON cannot write; write \"" +
                       node.scalar + "\", in quotes, for text");
    }
  }

  RequestJson& out_;
  Diagnostics& diagnostics_;
};

}  // namespace

RequestJson render_request_json(const TreeNode& request, Diagnostics& diagnostics) {
  RequestJson json;
  Writer(json, diagnostics).write(request);
  return json;
}

}  // namespace ssmgate::tools
