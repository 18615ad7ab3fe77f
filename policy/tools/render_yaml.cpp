#include "ssmgate/tools/render_yaml.hpp"

#include <algorithm>
#include <array>

#include "text/scalar_type.hpp"
#include "text/utf8.hpp"

namespace ssmgate::tools {
namespace {

using Kind = TreeNode::Kind;

// LIMIT: YAML 1.2 §7.4.2: a key on the line of its value has at most 1024 characters.
constexpr std::size_t kLongestKey = 1000;

// Text to the core schema, and something else to readers of YAML 1.1.
bool is_word_of_old_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords = {"yes", "no", "on", "off", "y", "n"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return std::equal(word.begin(), word.end(), text.begin(), text.end(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  });
}

bool may_be_plain(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text[0])) return false;
  const bool safe = std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("_-./@%+*").find(c) != std::string_view::npos;
  });
  return safe && plain_scalar_kind(text) == Kind::string && !is_word_of_old_yaml(text);
}

void append_escape(std::string& out, char32_t c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const int digits = c > 0xFFFF ? 8 : 4;
  out += digits == 8 ? "\\U" : "\\u";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(c >> shift) & 0xF];
}

void append_text(std::string& out, std::string_view text) {
  if (may_be_plain(text)) {
    out += text;
    return;
  }
  out += '"';
  while (!text.empty()) {
    const auto next = decode_code_point(text);
    const char32_t c = next ? next->value : 0xFFFD;  // a tree holds valid UTF-8 alone
    const std::size_t size = next ? next->size : 1;
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (!is_text_character(c) || is_invisible_character(c)) {
      append_escape(out, c);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  out += '"';
}

class Writer {
 public:
  std::string write(const TreeNode& root) {
    if (fits_line(root)) {
      append_line(root);
      out_ += '\n';
    } else {
      append_block(root, 0);
    }
    return std::move(out_);
  }

 private:
  // A scalar, something empty, or a list of scalars: written behind its key.
  static bool fits_line(const TreeNode& node) {
    if (node.kind == Kind::mapping) return node.entries.empty();
    return std::all_of(node.items.begin(), node.items.end(),
                       [](const TreeNode& item) { return item.is_scalar(); });
  }

  void append_scalar(const TreeNode& node) {
    if (node.kind == Kind::string) return append_text(out_, node.scalar);
    out_ += node.kind == Kind::null ? std::string_view("null") : std::string_view(node.scalar);
  }

  void append_line(const TreeNode& node) {
    if (node.kind == Kind::mapping) {
      out_ += "{}";
    } else if (node.kind == Kind::sequence) {
      out_ += '[';
      for (const TreeNode& item : node.items) {
        if (&item != &node.items.front()) out_ += ", ";
        append_scalar(item);
      }
      out_ += ']';
    } else {
      append_scalar(node);
    }
  }

  // LIMIT: as deep as a tree, which is at most kMaxNesting.
  void append_block(const TreeNode& node, std::size_t indent) {
    for (const TreeNode& item : node.items) {
      begin_line(indent);
      out_ += '-';
      append_value(item, indent);
    }
    for (const TreeEntry& entry : node.entries) {
      begin_line(indent);
      append_key(entry.key, indent);
      append_value(entry.value, indent);
    }
  }

  void append_key(const std::string& key, std::size_t indent) {
    const std::size_t start = out_.size();
    append_text(out_, key);
    if (out_.size() - start > kLongestKey) {
      out_.insert(start, "? ");
      out_ += '\n';
      begin_line(indent);
    }
    out_ += ':';
  }

  // Behind `-` or `:`.
  void append_value(const TreeNode& node, std::size_t indent) {
    if (fits_line(node)) {
      out_ += ' ';
      append_line(node);
      out_ += '\n';
      return;
    }
    const bool shares_line = out_.back() == '-';  // `- id: …`
    out_ += shares_line ? ' ' : '\n';
    shares_line_ = shares_line;
    append_block(node, indent + 2);
  }

  void begin_line(std::size_t indent) {
    if (!shares_line_) out_.append(indent, ' ');
    shares_line_ = false;
  }

  std::string out_;
  bool shares_line_ = false;  // the next line has been begun
};

}  // namespace

std::string render_yaml(const TreeNode& root) {
  return Writer().write(root);
}

}  // namespace ssmgate::tools
