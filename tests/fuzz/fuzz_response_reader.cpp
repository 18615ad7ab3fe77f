// However an upstream's bytes are split, a response ends at the same byte and says the same.
#include "fuzz/wire_property.hpp"
#include "wire/response_reader.hpp"

using namespace ssmgate;
using wire::ResponseReader;

namespace {

struct Outcome {
  ResponseReader::State state = ResponseReader::State::head;
  std::size_t taken = 0;
  int status = 0;
  bool keep_alive = false;
  std::string kept;
  bool operator==(const Outcome&) const = default;
};

Outcome feed(ResponseReader& reader, std::string_view input, std::size_t step, bool close) {
  Outcome outcome;
  while (outcome.taken < input.size()) {
    const std::string piece(input.substr(outcome.taken, step));
    const std::size_t taken = reader.consume(piece);
    FUZZ_CHECK(taken <= piece.size());
    outcome.taken += taken;
    if (taken < piece.size()) break;
  }
  if (close) reader.consume_end();
  outcome.state = reader.state();
  const bool failed = outcome.state == ResponseReader::State::failed;
  FUZZ_CHECK(failed == !reader.failure().empty());
  if (failed) {
    // How far a response got before it failed depends on the pieces, and nobody asks.
    outcome.taken = 0;
    return outcome;
  }
  outcome.status = reader.status();
  outcome.keep_alive = reader.keep_alive();
  outcome.kept = reader.request_id() + "\n" + reader.content_encoding();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  ResponseReader reader;
  for (const bool close : {false, true}) {
    const Outcome whole = feed(reader, input, size + 1, close);
    reader.reset();
    const Outcome pieces = feed(reader, input, 1 + size % 64, close);
    reader.reset();
    FUZZ_CHECK(whole == pieces);
  }
  return 0;
}
