"""Targets of commands: `file.py:function`, arguments, and what is said of wrong ones."""

import argparse
import sys

import numpy as np
import pytest

from jitad.cli.target import Refused, add_arguments, add_mode, load


@pytest.fixture(autouse=True)
def own_path(monkeypatch):
    """What loading a file adds to the path is taken away."""
    monkeypatch.setattr("sys.path", list(sys.path))


def loaded(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    add_mode(parser)
    return load(parser.parse_args([str(word) for word in words]))


def test_arguments_are_by_position_where_they_can_be(program):
    found = loaded(f"{program}:swing", "--args", "n=3, x=np.ones(SIZE)")
    assert found.f.__name__ == "swing" and found.kwargs == {}
    assert found.args[0].tolist() == [1.0] * 5 and found.args[1] == 3


def test_random_arguments_are_the_same_each_time(program):
    one, other = (loaded(f"{program}:swing", "--args=rand(2, 3), randn(4)").args for _ in range(2))
    assert one[0].shape == (2, 3) and one[1].shape == (4,)
    assert all(map(np.array_equal, one, other))


def test_rand_without_a_shape_is_a_number(program):
    assert isinstance(loaded(f"{program}:Model.loss", "--args=rand()").args[0], float)


def test_modules_by_name(monkeypatch, program):
    monkeypatch.chdir(program.parent)
    assert loaded("program:Model.loss", "--args=linspace(0, 1, 3)").args[0].tolist() == [0.0, 0.5, 1.0]


def test_arguments_of_derivatives_by_name(program):
    found = loaded(f"{program}:swing", "--args=ones(2), 3", "--mode=grad", "--wrt=x")
    assert found.mode == "value" and found.f(*found.args).tolist() == (3 * np.cos(np.ones(2))).tolist()


def test_functions_written_in_c_take_what_is_given():
    assert loaded("math:hypot", "--args=1.0, 2.0").args == (1.0, 2.0)


@pytest.mark.parametrize(
    "target, words, message",
    [
        ("{}", [], "is not of the form file.py:function"),
        ("{}:", [], "is not of the form file.py:function"),
        ("absent.py:f", [], "there is no file absent.py"),
        ("absent.module:f", [], "absent.module cannot be loaded: ModuleNotFoundError"),
        ("{}:absent", [], "has no 'absent'; its functions are swing, strict"),
        ("{}:Model.absent", [], "has no 'Model.absent'"),
        ("{}:SIZE", [], "SIZE of .* is a int, not a function"),
        ("{}:swing", [], "missing a required argument: 'x'; see --args"),
        ("{}:swing", ["--args=rand(3), y=2"], "swing"),
        ("{}:swing", ["--args=rand("], "is not a list of arguments: '\\(' was never closed"),
        ("{}:swing", ["--args=1), swing(2"], "is not a list of arguments$"),
        ("{}:swing", ["--args=1)(2"], "is not a list of arguments$"),
        ("{}:swing", ["--args=rand(3), absent"], "NameError: name 'absent' is not defined"),
        ("{}:swing", ["--args=1/0, 1"], "ZeroDivisionError: division by zero"),
        (
            "{}:swing",
            ["--args=rand(3), 2", "--mode=grad", "--wrt=z"],
            "no argument is called 'z'; there are x, n",
        ),
        ("{}:swing", ["--args=rand(3), 2", "--mode=jvp", "--wrt=x"], "--wrt goes with --mode grad"),
    ],
)
def test_wrong_targets_are_refused(program, target, words, message):
    with pytest.raises(Refused, match=message):
        loaded(target.format(program), *words)


def test_files_that_fail_name_the_line(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = 1\nx.absent\n")
    with pytest.raises(Refused, match=r"AttributeError: 'int' object has no attribute 'absent' \(line 2\)"):
        loaded(f"{path}:f")


@pytest.mark.parametrize("text", ["def f(:\n", "raise SystemExit(3)\n"])
def test_files_that_cannot_be_loaded(tmp_path, text):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(Refused, match="cannot be loaded: S"):
        loaded(f"{path}:f")
