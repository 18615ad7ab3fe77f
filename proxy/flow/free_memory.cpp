#include "flow/free_memory.hpp"

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ssmgate::flow {
namespace {

// Of this process's memory, without what files back. SOURCE: proc(5), statm. 0: not known.
std::size_t anonymous_bytes() noexcept {
  std::array<char, 128> text;
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  const ssize_t size = ::read(file, text.data(), text.size());
  if (file >= 0) ::close(file);
  std::array<std::size_t, 3> pages{};  // all, resident, and of those shared
  const char* at = text.data();
  const char* const end = at + std::max<ssize_t>(size, 0);
  for (std::size_t& count : pages) {
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc() || next == end) return 0;
    at = next + 1;
  }
  return (pages[1] - std::min(pages[2], pages[1])) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What is not in use. The heap's own count of it would do for no burst that is over before anybody
// looks: it has what was given back in it as well.
std::size_t idle_bytes() noexcept {
  const auto heap = ::mallinfo2();
  const std::size_t used = heap.uordblks + heap.hblkhd;
  const std::size_t all = anonymous_bytes();
  return all - std::min(used, all);
}

// The dynamic linker has written into its code (`-z notext`).
bool is_relocated(const dl_phdr_info& of) {
  for (ElfW(Half) i = 0; i < of.dlpi_phnum; ++i) {
    if (of.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(of.dlpi_addr + of.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_TEXTREL) return true;
      if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0) return true;
    }
  }
  return false;
}

// For dl_iterate_phdr(3). What has been written to would not come back.
int unmap_read_only(dl_phdr_info* of, std::size_t, void*) {
  if (is_relocated(*of)) return 0;
  const auto page = static_cast<ElfW(Addr)>(::sysconf(_SC_PAGESIZE));
  for (ElfW(Half) i = 0; i < of->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = of->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const ElfW(Addr) at = of->dlpi_addr + segment.p_vaddr;
    const ElfW(Addr) begin = at / page * page;
    (void)::madvise(reinterpret_cast<void*>(begin), at + segment.p_memsz - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void unmap_code() noexcept {
  ::dl_iterate_phdr(&unmap_read_only, nullptr);
}

void FreeMemory::give_back(bool deserted) noexcept {
  const std::size_t idle = idle_bytes();
  idle_ = std::min(idle_, idle);
  const std::size_t more = idle - idle_;
  if (more < kLeast || (more > kMost && !deserted)) return;
  ::malloc_trim(kLeast);
  idle_ = idle_bytes();
}

}  // namespace ssmgate::flow
