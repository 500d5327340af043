"""Every example runs, and the numbers it prints are right."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import jitad as jad

EXAMPLES = Path(__file__).parent.parent / "examples"
HELPERS = {"measure"}


@pytest.fixture(autouse=True)
def short_measurements(monkeypatch):
    """Time each call once: the tests are about numbers, not about speed."""
    monkeypatch.setattr("measure.seconds", lambda call, budget=0.0: (call(), 1e-6)[1])


def load(name):
    """Import an example afresh, so that it sees the shortened measurements."""
    return importlib.reload(importlib.import_module(name))


def test_every_example_is_tested():
    scripts = {path.stem for path in EXAMPLES.glob("*.py")} - HELPERS
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert scripts <= tests


def test_digits(capsys):
    pytest.importorskip("sklearn")
    found = load("digits").main(iterations=60)
    assert found["logistic"]["accuracy"] > 0.93
    assert found["network"]["accuracy"] > 0.94
    assert found["logistic"]["loss"] < 0.37
    assert found["network"]["loss"] < 0.1
    assert max(model["error"] for model in found.values()) < 1e-7
    printed = capsys.readouterr().out
    assert "test accuracy" in printed and "func @" in printed


def test_four_ways(capsys):
    found = load("four_ways").main()
    ways = found["ways"]
    assert ways["forward mode"][1] < 1e-14
    assert ways["reverse mode"][1] < 1e-14
    assert 1e-14 < ways["finite differences"][1] < 1e-8
    assert min(found["steps"].values()) < 1e-9 < max(found["steps"].values())
    h, x, by_hand = 1e-6, 0.7, load("four_ways").by_hand
    assert found["second"] == pytest.approx((by_hand(x + h) - by_hand(x - h)) / (2 * h), rel=1e-8)
    assert "reverse mode" in capsys.readouterr().out


def test_rosenbrock_bfgs(capsys):
    found = load("rosenbrock_bfgs").main()
    assert found["jitad"]["distance"] < 1e-6
    assert found["jitad"]["evaluations"] < found["differences"]["evaluations"] / 5
    assert "distance to the minimum" in capsys.readouterr().out


def test_black_scholes(capsys):
    errors = load("black_scholes").main(n=101)
    assert set(errors) == {"delta", "vega", "rho", "gamma", "vanna", "volga"}
    assert max(errors.values()) < 1e-11
    assert "volga" in capsys.readouterr().out


def test_gmm(capsys):
    found = load("gmm").main(n=60, d=4, k=3)
    assert found["value"] == pytest.approx(found["numpy"], rel=1e-13)
    assert found["error"] < 1e-6
    assert "means" in capsys.readouterr().out


def test_gmm_objective_is_the_published_one():
    """Point by point and matrix by matrix, as the paper states it."""
    gmm = load("gmm")
    weights, means, log_diagonal, lower, points = arguments = gmm.sample(7, 3, 2)
    (n, d), total = points.shape, 0.0
    for x in points:
        terms = []
        for k, weight in enumerate(weights):
            Q = np.diag(np.exp(log_diagonal[k]))
            Q[[1, 2, 2], [0, 0, 1]] = lower[k]
            terms.append(weight + np.sum(log_diagonal[k]) - 0.5 * np.sum((Q @ (x - means[k])) ** 2))
        total += np.log(np.sum(np.exp(terms)))
    total -= n * np.log(np.sum(np.exp(weights))) + 0.5 * n * d * np.log(2 * np.pi)
    total += gmm.log_wishart_prior(log_diagonal, lower, d)
    assert gmm.objective(*arguments) == pytest.approx(total, rel=1e-13)


def test_optimizers(capsys):
    pytest.importorskip("sklearn")
    found = load("optimizers").main(iterations=80)
    descent, native, scipys = found.values()
    assert native["loss"] == pytest.approx(scipys["loss"], rel=1e-9)
    assert native["slope"] < 1e-6 and native["steps"] < 80
    assert descent["steps"] == 80 and native["loss"] < descent["loss"] < 0.38
    assert "test accuracy" in capsys.readouterr().out


def test_optimizers_do_what_numpy_does():
    """The compiled loops take the steps that NumPy takes."""
    pytest.importorskip("sklearn")
    optimizers, rng = load("optimizers"), np.random.default_rng(0)
    theta, images = 0.1 * rng.standard_normal(650), rng.random((20, 64))
    arguments = theta, images, np.eye(10)[rng.integers(0, 10, 20)], 15
    for f in (optimizers.gradient_descent, optimizers.lbfgs):
        for found, expected in zip(jad.jit(f)(*arguments), f(*arguments), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-12)


def test_lynx(capsys):
    found = load("lynx").main(steps=50)
    assert found["error"] < 1e-8
    assert found["parameters"][:4] == pytest.approx([0.55, 0.028, 0.80, 0.024], rel=0.03)
    assert found["misfit"] == pytest.approx(1.00933, abs=1e-4)
    np.testing.assert_allclose(found["model"][0], found["parameters"][4:])
    assert "lynxes" in capsys.readouterr().out


def test_arenstorf(capsys):
    found = load("arenstorf").main()
    errors = list(found["errors"].values())
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-6
    assert found["miss"] < 1e-5 and found["modes"] < 1e-9
    assert "derivative, tolerance" in capsys.readouterr().out


def test_arenstorf_takes_the_steps_that_numpy_takes():
    arenstorf = load("arenstorf")
    arguments = arenstorf.START, 6.0, 1e-6
    state, *steps = jad.jit(arenstorf.integrate)(*arguments)
    expected, *counts = arenstorf.integrate(*arguments)
    assert steps == counts and counts[1] > 0
    np.testing.assert_allclose(state, expected, rtol=1e-6)


def test_kalman(capsys):
    """The estimates of Durbin and Koopman, table 2.1."""
    found = load("kalman").main()
    assert found["variances"] == pytest.approx([15099, 1469.1], rel=1e-4)
    assert found["likelihood"] == pytest.approx(-632.5456, abs=1e-4)
    assert found["error"] < 1e-7
    assert found["level"][-1] == pytest.approx(798.37, abs=0.01)
    assert "log-likelihood" in capsys.readouterr().out


def test_schools(capsys):
    found = load("schools").main()
    assert found["mean"] == pytest.approx(4.4, abs=0.3)
    assert found["spread"] == pytest.approx(3.6, abs=0.3)
    assert found["rate"] > 0.9 and found["reversal"] < 1e-12
    assert "school H" in capsys.readouterr().out


def test_particle(capsys):
    found = load("particle").main()
    assert len(found) == 4
    assert list(found.values()) == pytest.approx([0.2071994601] * 4, abs=1e-9)
    assert "reverse over forward" in capsys.readouterr().out
