// Looks at eight bytes of text at once.
//
// SOURCE: Bit Twiddling Hacks, "Determine if a word has a byte less than n" and its neighbours. A
// mark stands in the high bit of a byte that is meant, and there is none when no byte is meant.
// Beside one that is meant others may be marked, too; so whoever finds a mark looks at the byte
// itself before it counts.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ssmgate::wire {

struct EightBytes {
  static constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255;
  static constexpr std::uint64_t kHighs = kOnes * 0x80;

  std::uint64_t word = 0;

  // From memory that holds as many.
  static EightBytes at(const char* text) noexcept {
    EightBytes bytes;
    std::memcpy(&bytes.word, text, sizeof bytes.word);
    return bytes;
  }

  // Marks of the bytes below 0x20, of those that are `byte`, and of those above `byte` (at most
  // 0x7f).
  [[nodiscard]] std::uint64_t controls() const noexcept {
    return (word - kOnes * 0x20) & ~word & kHighs;
  }
  [[nodiscard]] std::uint64_t equal(unsigned char byte) const noexcept {
    const std::uint64_t zero = word ^ (kOnes * byte);
    return (zero - kOnes) & ~zero & kHighs;
  }
  [[nodiscard]] std::uint64_t above(unsigned char byte) const noexcept {
    return ((word + kOnes * (0x7fU - byte)) | word) & kHighs;
  }

  // The index of the first of one or more marks: at most that of the first byte that is meant.
  [[nodiscard]] static std::size_t first(std::uint64_t marks) noexcept {
    constexpr bool kLittle = std::endian::native == std::endian::little;
    return static_cast<std::size_t>(kLittle ? std::countr_zero(marks) : std::countl_zero(marks)) /
           8;
  }
};

}  // namespace ssmgate::wire
