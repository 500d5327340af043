// log(sum(exp(x))) and its gradient, the softmax, written by hand.
#include <algorithm>
#include <cmath>

extern "C" int log_sum_exp(const long *n, const double *x, double *value, double *gradient) {
    double top = x[0], sum = 0.0;
    for (long i = 1; i < *n; i++) top = std::max(top, x[i]);
    for (long i = 0; i < *n; i++) {
        gradient[i] = std::exp(x[i] - top);
        sum += gradient[i];
    }
    const double scale = 1.0 / sum;
    for (long i = 0; i < *n; i++) gradient[i] *= scale;
    *value = std::log(sum) + top;
    return 0;
}
