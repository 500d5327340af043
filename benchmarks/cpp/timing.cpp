// Times a native function of up to twelve pointers, called by native code: no Python in the loop.
#include <chrono>
#include <cstddef>
#include <utility>

template <std::size_t... I>
static int call(void *f, void *const *p, std::index_sequence<I...>) {
    using pointer_at = void *;
    return reinterpret_cast<int (*)(decltype((void)I, pointer_at())...)>(f)(p[I]...);
}

template <std::size_t N>
static double repeat(void *f, void *const *p, long number) {
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < number; i++) call(f, p, std::make_index_sequence<N>());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Seconds that `number` calls of f(p[0], …, p[count - 1]) take; negative if count is not 1 … 12.
extern "C" double seconds(void *f, void *const *p, int count, long number) {
    switch (count) {
#define CASE(n) case n: return repeat<n>(f, p, number);
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
    }
    return -1.0;
}
