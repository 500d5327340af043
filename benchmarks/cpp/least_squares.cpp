// Sums of squared residuals of two linear fits, and their gradients, written by hand.
#include <cmath>

constexpr int TERMS = 8, WAVES = 4;

// The polynomial c[0] t^7 + … + c[7].
extern "C" int polynomial(const long *n, const double *c, const double *t, const double *y, double *value,
                          double *gradient) {
    double sum = 0.0, g[TERMS] = {};
    for (long i = 0; i < *n; i++) {
        double p = c[0];
        for (int j = 1; j < TERMS; j++) p = p * t[i] + c[j];
        const double r = p - y[i];
        sum += r * r;
        double power = 2.0 * r;
        for (int j = TERMS - 1; j >= 0; j--) {
            g[j] += power;
            power *= t[i];
        }
    }
    for (int j = 0; j < TERMS; j++) gradient[j] = g[j];
    *value = sum;
    return 0;
}

// The waves a[0] sin(t) + b[0] cos(t) + … + a[3] sin(4t) + b[3] cos(4t).
extern "C" int trigonometric(const long *n, const double *a, const double *b, const double *t, const double *y,
                             double *value, double *gradient_a, double *gradient_b) {
    double sum = 0.0, ga[WAVES] = {}, gb[WAVES] = {};
    for (long i = 0; i < *n; i++) {
        double s[WAVES], c[WAVES], r = -y[i];
        for (int k = 0; k < WAVES; k++) {
            s[k] = std::sin((k + 1) * t[i]);
            c[k] = std::cos((k + 1) * t[i]);
            r += a[k] * s[k] + b[k] * c[k];
        }
        sum += r * r;
        for (int k = 0; k < WAVES; k++) {
            ga[k] += 2.0 * r * s[k];
            gb[k] += 2.0 * r * c[k];
        }
    }
    for (int k = 0; k < WAVES; k++) {
        gradient_a[k] = ga[k];
        gradient_b[k] = gb[k];
    }
    *value = sum;
    return 0;
}
