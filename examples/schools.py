"""Eight schools: Hamiltonian Monte Carlo whose trajectories run in native code.

The data are the effects of coaching on a test in eight schools and their standard errors, of D. B. Rubin,
Estimation in parallel randomized experiments, Journal of Educational Statistics 6 (1981). The model is the
hierarchy of A. Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), section 5.5, with priors that are usual
for it: normal (0, 5) for the mean, half-Cauchy (0, 5) for the spread. The method is that of R. M. Neal,
MCMC using Hamiltonian dynamics, in: Handbook of Markov Chain Monte Carlo (2011).
"""

from __future__ import annotations

import numpy as np

import jitad as jad

from measure import duration, seconds

EFFECTS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def log_density(theta):
    """Logarithm of the posterior, but for a constant; theta: mean, log spread, 8 standardised effects."""
    mean, log_spread, standard = theta[0], theta[1], theta[2:]
    effects = mean + np.exp(log_spread) * standard
    likelihood = -0.5 * np.sum(((EFFECTS - effects) / ERRORS) ** 2)
    priors = -0.5 * (mean / 5) ** 2 - np.log1p((np.exp(log_spread) / 5) ** 2) - 0.5 * np.sum(standard**2)
    return likelihood + priors + log_spread


def leapfrog(theta, momentum, size, steps):
    """Follow Hamilton's equations for `steps` steps of the length `size`."""
    slope = jad.grad(log_density)
    momentum = momentum + 0.5 * size * slope(theta)
    for _ in range(steps):
        theta = theta + size * momentum
        momentum = momentum + size * slope(theta)
    momentum = momentum - 0.5 * size * slope(theta)
    return theta, momentum


def chain(theta, momenta, uniforms, size, steps):
    """Samples (n, 10), and how many proposals were accepted, for n random momenta and numbers in [0, 1)."""
    samples = np.empty_like(momenta)
    accepted = 0
    for i, (momentum, u) in enumerate(zip(momenta, uniforms)):
        proposal, final = leapfrog(theta, momentum, size, steps)
        before = log_density(theta) - 0.5 * momentum @ momentum
        after = log_density(proposal) - 0.5 * final @ final
        if np.log(u) < after - before:
            theta = proposal
            accepted += 1
        samples[i] = theta
    return samples, accepted


def bars(x, edges) -> None:
    """Print a histogram."""
    counts, _ = np.histogram(x, edges)
    for left, right, count in zip(edges, edges[1:], counts):
        print(f"    {left:4.0f} to {right:4.0f}   {'#' * round(100 * count / len(x))}")


def main(n: int = 100_000, size: float = 0.3, steps: int = 8) -> dict[str, float]:
    """Draw `n` samples; print means and times; return mean, spread, acceptance, error of the reversal."""
    rng = np.random.default_rng(1)
    momenta, uniforms = rng.standard_normal((n, 10)), rng.random(n)
    theta = np.zeros(10)
    native = jad.jit(chain)
    samples, accepted = native(theta, momenta, uniforms, size, steps)
    mean, spread = samples[:, 0], np.exp(samples[:, 1])
    rate = float(accepted / n)
    print(f"Eight schools: {n} samples, {100 * rate:.0f} % of the proposals accepted")
    print(f"    mean of the effects   {mean.mean():5.2f} ± {mean.std():.2f}")
    print(f"    spread between them   {spread.mean():5.2f} ± {spread.std():.2f}")
    effects = mean[:, None] + spread[:, None] * samples[:, 2:]
    for name, measured, drawn in zip("ABCDEFGH", EFFECTS, effects.T):
        print(
            f"    school {name}: measured {measured:5.1f}, estimate {drawn.mean():5.2f} ± {drawn.std():.2f}"
        )
    print("  the effect in school A:")
    bars(effects[:, 0], np.arange(-10.0, 31.0, 5.0))
    moved, final = jad.jit(leapfrog)(theta, momenta[0], 0.01, 100)
    back, _ = jad.jit(leapfrog)(moved, -final, 0.01, 100)
    reversal = float(np.max(np.abs(back - theta)))
    print(f"  leapfrog run back returns to its start within {reversal:.0e}")
    took = seconds(lambda: native(theta, momenta, uniforms, size, steps), 0.1)
    print(f"  all of it takes {duration(took)}: {duration(took / (n * steps))} a leapfrog step")
    return {"mean": float(mean.mean()), "spread": float(spread.mean()), "rate": rate, "reversal": reversal}


if __name__ == "__main__":
    main()
