// What the machine can do: bytes a second through memory, fused multiply-adds a second.
#include <cstring>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

// out = a x + y, stores as the compiler makes them.
extern "C" int triad(const long *n, const double *x, const double *y, double *out) {
    for (long i = 0; i < *n; i++) out[i] = 2.5 * x[i] + y[i];
    return 0;
}

// The same with stores that go past the caches, where the processor has them.
extern "C" int triad_streaming(const long *n, const double *x, const double *y, double *out) {
    long i = 0;
#if defined(__AVX512F__)
    for (; reinterpret_cast<std::size_t>(out + i) % 64 && i < *n; i++) out[i] = 2.5 * x[i] + y[i];
    const __m512d a = _mm512_set1_pd(2.5);
    for (; i + 8 <= *n; i += 8)
        _mm512_stream_pd(out + i, _mm512_fmadd_pd(a, _mm512_loadu_pd(x + i), _mm512_loadu_pd(y + i)));
#elif defined(__SSE2__)
    for (; reinterpret_cast<std::size_t>(out + i) % 16 && i < *n; i++) out[i] = 2.5 * x[i] + y[i];
    const __m128d a = _mm_set1_pd(2.5);
    for (; i + 2 <= *n; i += 2)
        _mm_stream_pd(out + i, _mm_add_pd(_mm_mul_pd(a, _mm_loadu_pd(x + i)), _mm_loadu_pd(y + i)));
#endif
    for (; i < *n; i++) out[i] = 2.5 * x[i] + y[i];
    return 0;
}

extern "C" int copy(const long *n, const double *x, double *out) {
    std::memcpy(out, x, *n * sizeof(double));
    return 0;
}

#if defined(__AVX512F__)
constexpr int LANES = 8;
#elif defined(__AVX__)
constexpr int LANES = 4;
#else
constexpr int LANES = 2;
#endif
typedef double vector_t __attribute__((vector_size(LANES * sizeof(double))));
constexpr int CHAINS = 12;

// n rounds of CHAINS independent vector multiply-adds, 2 * CHAINS * LANES operations each, reported in *flops.
extern "C" int multiply_add(const long *n, const double *factor, double *flops, double *sink) {
    vector_t x[CHAINS], m = vector_t{} + *factor;
    for (int j = 0; j < CHAINS; j++) x[j] = vector_t{} + 1e-3 * j;
    for (long i = 0; i < *n; i++) {
#pragma GCC unroll 12
        for (int j = 0; j < CHAINS; j++) x[j] = x[j] * m + m;
    }
    vector_t sum = {};
    for (int j = 0; j < CHAINS; j++) sum += x[j];
    *sink = 0.0;
    for (int k = 0; k < LANES; k++) *sink += sum[k];
    *flops = 2.0 * CHAINS * LANES * *n;
    return 0;
}
