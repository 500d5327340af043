"""The flow of the Nile: a Kalman filter's log-likelihood, maximised with its gradient.

The data are the annual flows at Aswan, 1871 to 1970, in 10⁸ m³, from G. W. Cobb, The problem of the Nile:
conditional solution to a changepoint problem, Biometrika 65 (1978). The local level model (a level that
wanders, seen with noise) and its estimates, 15099 and 1469.1, are those of J. Durbin and S. J. Koopman, Time
Series Analysis by State Space Methods, Oxford University Press (2001), section 2.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

import jitad as jad

from measure import central_difference, duration, relative_error, seconds

FLOW = """
1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100 1210 1150
1250 1260 1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456 824 702 1120 1100 832
764 821 768 845 864 862 698 845 744 796 1040 759 781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801
1040 860 874 848 890 744 749 838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740
"""


def log_likelihood(log_variances, flow):
    """Log-likelihood of the flows, given the logarithms of the variances of noise and level.

    The first flow is the first estimate of the level, with the variance of the noise.
    """
    noise, wander = np.exp(log_variances)
    level, variance = flow[0], noise
    total = 0.0
    for y in flow[1:]:
        variance += wander
        surprise, spread = y - level, variance + noise
        total -= 0.5 * (np.log(2 * np.pi * spread) + surprise**2 / spread)
        gain = variance / spread
        level += gain * surprise
        variance *= 1 - gain
    return total


def levels(log_variances, flow):
    """The filter's estimate of the level in each year."""
    noise, wander = np.exp(log_variances)
    found = np.empty(len(flow))
    found[0], variance = flow[0], noise
    for t in range(1, len(flow)):
        variance += wander
        gain = variance / (variance + noise)
        found[t] = found[t - 1] + gain * (flow[t] - found[t - 1])
        variance *= 1 - gain
    return found


def curvature(log_variances, flow):
    """Matrix of second derivatives of minus the log-likelihood: forward over reverse."""
    slope = jad.grad(lambda v: -log_likelihood(v, flow))
    return np.stack([jad.jvp(slope, (log_variances,), (e,))[1] for e in np.eye(2)])


def show_times(start, flow, value_and_gradient) -> None:
    """Print what one log-likelihood takes, and one gradient."""
    compiled = jad.jit(log_likelihood)
    times = {
        "NumPy, value": seconds(lambda: log_likelihood(start, flow), 0.1),
        "jitad, value": seconds(lambda: compiled(start, flow), 0.1),
        "jitad, value and gradient": seconds(lambda: value_and_gradient(start, flow), 0.1),
    }
    for name, time in times.items():
        print(f"    {name:26} {duration(time):>8}")


def main() -> dict:
    """Estimate both variances; print them with their standard errors, the level and times; return them."""
    flow = np.array([float(x) for x in FLOW.split()])
    value_and_gradient = jad.value_and_grad(lambda v, y: -log_likelihood(v, y))
    start = np.log([np.var(flow), np.var(flow)])
    found = minimize(value_and_gradient, start, (flow,), jac=True, method="BFGS")
    errors = np.sqrt(np.diag(np.linalg.inv(jad.jit(curvature)(found.x, flow))))
    print(f"The Nile in {len(flow)} years: log-likelihood {-found.fun:.4f} after {found.nit} iterations")
    for name, x, error in zip(("noise", "level"), found.x, errors):
        print(f"    variance of the {name}   {np.exp(x):8.1f}   its logarithm {x:.2f} ± {error:.2f}")
    level = jad.jit(levels)(found.x, flow)
    for year in range(1880, 1971, 15):
        print(f"    {year}   level {level[year - 1871]:6.1f}   {'#' * round(level[year - 1871] / 25)}")
    difference = [central_difference(lambda v: -log_likelihood(v, flow), start, i) for i in range(2)]
    error = relative_error(value_and_gradient(start, flow)[1], difference)
    print(f"    the gradient agrees with central differences to {error:.0e}")
    show_times(start, flow, value_and_gradient)
    likelihood = -float(found.fun)
    return {"variances": np.exp(found.x), "likelihood": likelihood, "error": error, "level": level}


if __name__ == "__main__":
    main()
