// How values print: as Python prints them, and as JSON.
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ir/utf8.h"
#include "oinf/text/jinja/value.h"
#include "oinf/text/json_access.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {
namespace {

constexpr int kMaxDepth = 100;  // of what is printed; literals and contexts nest less

std::string hex(uint32_t code, int digits) {
  std::string out;
  for (int i = digits - 1; i >= 0; --i) out.push_back("0123456789abcdef"[code >> (4 * i) & 15u]);
  return out;
}

// Python's repr of a string: single quotes unless the text has them and no double ones.
std::string in_quotes(std::string_view text) {
  const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  std::string out(1, quote);
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    if (code == static_cast<uint32_t>(quote) || code == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(code));
    } else if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\t') {
      out += "\\t";
    } else if (code < 0x20 || code == 0x7F || (code >= 0x80 && code <= 0xA0) || code == 0xAD) {
      out += "\\x" + hex(code, 2);
    } else if (is_control(code) || (code != ' ' && is_white_space(code))) {
      out += code > 0xFFFF ? "\\U" + hex(code, 8) : "\\u" + hex(code, 4);
    } else {
      out.append(text.substr(at, length));
    }
  });
  return out + quote;
}

std::string print(const Value& value, int depth) {
  if (depth > kMaxDepth) return "...";
  const auto joined = [&](const List& items) {
    std::string out;
    for (const Value& item : items) out += (out.empty() ? "" : ", ") + print(item, depth + 1);
    return out;
  };
  if (const std::string* s = value.text()) return in_quotes(*s);
  if (value.is_tuple()) return "(" + joined(*value.items()) + (value.items()->size() == 1 ? ",)" : ")");
  if (const List* list = value.list()) return "[" + joined(*list) + "]";
  if (const Dict* dict = value.dict()) {
    std::string out;
    for (const auto& [key, item] : dict->entries)
      out += (out.empty() ? "" : ", ") + print(key, depth + 1) + ": " + print(item, depth + 1);
    return "{" + out + "}";
  }
  if (value.is_undefined()) return "Undefined";
  return to_text(value);
}

void append_json_string(std::string_view text, bool ascii, std::string& out) {
  out.push_back('"');
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    switch (code) {
      case '"':
        out += "\\\"";
        return;
      case '\\':
        out += "\\\\";
        return;
      case '\n':
        out += "\\n";
        return;
      case '\r':
        out += "\\r";
        return;
      case '\t':
        out += "\\t";
        return;
      case '\b':
        out += "\\b";
        return;
      case '\f':
        out += "\\f";
        return;
      default:
        break;
    }
    if (code < 0x20 || (ascii && code >= 0x7F && code <= 0xFFFF)) {
      out += "\\u" + hex(code, 4);
    } else if (ascii && code > 0xFFFF) {
      out += "\\u" + hex(0xD800 + ((code - 0x10000) >> 10), 4) + "\\u" + hex(0xDC00 + ((code - 0x10000) & 0x3FF), 4);
    } else {
      out.append(text.substr(at, length));
    }
  });
  out.push_back('"');
}

class JsonWriter {
 public:
  explicit JsonWriter(const JsonStyle& style) : style_(style) {}

  Status write(const Value& value, int depth) {
    if (depth > kMaxDepth) return failure("the value nests too deeply for JSON");
    if (value.is_none()) return out_ += "null", Status();
    if (const bool* b = value.boolean()) return out_ += *b ? "true" : "false", Status();
    if (value.is_integer()) return out_ += std::to_string(value.integer()), Status();
    if (const double* d = value.real()) {
      out_ += std::isnan(*d) ? "NaN" : std::isinf(*d) ? (*d < 0 ? "-Infinity" : "Infinity") : number_text(*d);
      return {};
    }
    if (const std::string* s = value.text()) return append_json_string(*s, style_.ascii, out_), Status();
    if (const List* items = value.items()) return write_list(*items, depth);
    if (const Dict* dict = value.dict()) return write_dict(*dict, depth);
    return failure("Object of type " + std::string(value.type_name()) + " is not JSON serializable");
  }

  std::string take() { return std::move(out_); }

 private:
  void line(int depth) {
    if (style_.indent < 0) return;
    out_.push_back('\n');
    out_.append(static_cast<size_t>(style_.indent) * static_cast<size_t>(depth), ' ');
  }
  void separate() { out_ += !style_.item_separator.empty() ? style_.item_separator : style_.indent < 0 ? ", " : ","; }

  Status write_list(const List& items, int depth) {
    out_.push_back('[');
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) separate();
      line(depth + 1);
      OINF_TRY(write(items[i], depth + 1));
    }
    if (!items.empty()) line(depth);
    out_.push_back(']');
    return {};
  }

  Status write_dict(const Dict& dict, int depth) {
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (style_.sort_keys)
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return to_text(a->first) < to_text(b->first); });
    out_.push_back('{');
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) separate();
      line(depth + 1);
      const Value& key = entries[i]->first;
      if (key.is_string()) {
        append_json_string(*key.text(), style_.ascii, out_);
      } else if (key.is_none() || key.is_number()) {
        JsonWriter inner(style_);
        OINF_TRY(inner.write(key, depth));
        out_ += '"' + inner.take() + '"';
      } else {
        return failure("keys must be str, int, float, bool or None, not " + std::string(key.type_name()));
      }
      out_ += style_.key_separator;
      OINF_TRY(write(entries[i]->second, depth + 1));
    }
    if (!entries.empty()) line(depth);
    out_.push_back('}');
    return {};
  }

  const JsonStyle& style_;
  std::string out_;
};

Value value_of(const nlohmann::json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return Value::of(json.get<bool>());
  if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{INT64_MAX}) return Value::of(json.get<double>());
  if (json.is_number_integer()) return Value::of(json.get<int64_t>());
  if (json.is_number()) return Value::of(json.get<double>());
  if (json.is_string()) return Value::of(json.get<std::string>());
  if (json.is_array()) {
    List list;
    for (const auto& item : json) list.push_back(value_of(item));
    return Value::of(std::move(list));
  }
  Dict dict;
  for (const auto& [key, item] : json.items()) dict.entries.emplace_back(Value::of(key), value_of(item));
  return Value::of(std::move(dict));
}

Value value_of(const nlohmann::ordered_json& json) {
  if (json.is_array()) {
    List list;
    for (const auto& item : json) list.push_back(value_of(item));
    return Value::of(std::move(list));
  }
  if (!json.is_object()) return value_of(nlohmann::json(json));
  Dict dict;
  for (const auto& [key, item] : json.items()) dict.entries.emplace_back(Value::of(key), value_of(item));
  return Value::of(std::move(dict));
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const auto shortest =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(shortest.ptr - buffer.data()));
  const size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  if (exponent >= 16 || exponent < -4) {  // as Python's repr writes it
    const std::string digits = std::to_string(std::abs(exponent));
    return std::string(text.substr(0, e)) + (exponent < 0 ? "e-" : "e+") + (digits.size() < 2 ? "0" : "") + digits;
  }
  const auto fixed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  std::string plain(buffer.data(), static_cast<size_t>(fixed.ptr - buffer.data()));
  return plain.find('.') == plain.npos ? plain + ".0" : plain;
}

std::string to_text(const Value& value) {
  if (const std::string* s = value.text()) return *s;
  if (value.is_undefined()) return {};
  if (value.is_none()) return "None";
  if (const bool* b = value.boolean()) return *b ? "True" : "False";
  if (value.is_integer()) return std::to_string(value.integer());
  if (const double* d = value.real()) return number_text(*d);
  if (value.object() != nullptr) return "<" + std::string(value.type_name()) + ">";
  return print(value, 0);
}

std::string representation(const Value& value) { return print(value, 0); }

Result<std::string> to_json(const Value& value, const JsonStyle& style) {
  JsonWriter writer(style);
  OINF_TRY(writer.write(value, 0));
  return writer.take();
}

Result<Value> from_json(std::string_view json) {
  // The depth is checked first: building a value recurses.
  OINF_TRY([&]() -> Status {
    auto parsed = text_json::parse(json, Code::I0006, "the context");
    return parsed.ok() ? Status() : Status(std::move(parsed).error());
  }());
  try {
    return value_of(nlohmann::ordered_json::parse(json));
  } catch (const nlohmann::json::exception& e) {
    return Diagnostic(Code::I0006, std::string("the context: ") + e.what());
  }
}

}  // namespace openinfer::jinja
