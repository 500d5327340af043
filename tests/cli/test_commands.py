"""`python -m jitad show, explain, check, bench, cache, doctor`, used rightly and wrongly."""

import json

import pytest

TARGET = "program.py:swing"
ARGS = "--args=rand(100), n=3"


def test_show_prints_stages(jitad, program):
    done = jitad("show", TARGET, ARGS, "--stage=adjoint,plan,asm")
    assert done.returncode == 0 and done.stderr == ""
    assert "== adjoint_ir: with the reverse sweep\nfunc @swing.adjoint(" in done.stdout
    assert ("== plan" in done.stdout and "retq" in done.stdout) or "ret" in done.stdout


def test_show_of_one_line_as_json(jitad, program):
    line = next(k for k, text in enumerate(program.read_text().splitlines(), 1) if "np.sin" in text)
    done = jitad("show", TARGET, ARGS, "--stage=ir,asm", f"--line={line}", "--json")
    found = json.loads(done.stdout)
    assert list(found) == ["ir", "asm"]
    assert any("sin" in entry["text"] for entry in found["ir"])
    assert {entry["line"] for entry in found["asm"]} == {line}


def test_show_everything(jitad, program):
    text = jitad("show", TARGET, ARGS, "--stage=all", "--mode=grad").stdout
    for name in (
        "source",
        "ir",
        "adjoint_ir",
        "optimized_ir",
        "lowered_ir",
        "plan",
        "llvm",
        "asm",
        "remarks",
    ):
        assert f"== {name}: " in text


def test_explain(jitad, program):
    text = jitad("explain", TARGET, ARGS, "--mode=grad").stdout
    assert text.startswith("grad_swing(x: f64[100], n: i64)") and "program.py" in text
    assert json.loads(jitad("explain", TARGET, ARGS, "--json").stdout)["explanation"][0].startswith("swing(")


def test_check_agrees(jitad, program):
    done = jitad("check", TARGET, ARGS)
    assert done.returncode == 0 and done.stdout.endswith("100 entries compared, all agree\n")
    assert done.stdout.startswith("entry ") and "x[" in done.stdout


def test_check_finds_what_differs(jitad, program):
    program.write_text("import numpy as np\n\ndef step(x):\n    return np.sum(np.floor(x) * x)\n")
    done = jitad("check", "program.py:step", "--args=np.array([0.5, 2.0])", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and (found["compared"], found["failed"]) == (2, 1)
    assert found["worst"][0]["entry"] == "x[1]" and found["worst"][0]["gradient"] == 2.0


def test_check_of_other_arguments_and_trees(jitad, program):
    program.write_text("import numpy as np\n\ndef f(a, p):\n    return a * np.sum(p['w'] ** 2) + p['b']\n")
    done = jitad("check", "program.py:f", "--args=2.0, {'w': rand(3), 'b': 1.0}", "--wrt=a,p")
    assert done.returncode == 0 and "5 entries compared, all agree" in done.stdout
    assert "p['w'][0]" in done.stdout


def test_bench(jitad, program):
    done = jitad("bench", TARGET, ARGS, "--json")
    found = {row["what"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0
    for what in ("jitad value", "jitad value and gradient", "NumPy value", "autograd value and gradient"):
        assert 0 < found[what]["best"] <= found[what]["first"] or found[what]["refused"]
    assert not found["jitad value"]["refused"]
    assert "gradient / value: " in jitad("bench", TARGET, ARGS).stdout


def test_bench_says_what_a_tool_cannot_do(jitad, program):
    done = jitad("bench", "program.py:strict", "--args=1.0")
    assert done.returncode == 1 and "jitad value" in done.stdout


def test_cache(jitad, program, tmp_path, monkeypatch):
    monkeypatch.setenv("JITAD_CACHE", str(tmp_path / "kept"))
    assert json.loads(jitad("cache", "info", "--json").stdout)["entries"] == 0
    jitad("show", TARGET, ARGS, "--stage=asm")
    found = json.loads(jitad("cache", "info", "--json").stdout)
    assert found["entries"] >= 1 and found["bytes"] > 0 and found["directory"] == str(tmp_path / "kept")
    assert jitad("cache", "clear").stdout.endswith(f"{found['entries']} entries removed\n")
    monkeypatch.setenv("JITAD_CACHE", "0")
    assert jitad("cache", "info").stdout == "nothing is kept on disk: JITAD_CACHE=0\n"


def test_doctor(jitad):
    done = jitad("doctor", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["well"] is True
    assert (
        "first call" in found["kernel"] and "Gflop/s" in found["BLAS"] and "vectors of" in found["processor"]
    )
    assert jitad("doctor").stdout.endswith("all is well\n")


@pytest.mark.parametrize(
    "words, code, message",
    [
        ([], 2, "the following arguments are required: COMMAND"),
        (["show"], 2, "TARGET"),
        (["show", TARGET, ARGS, "--stage=asn"], 2, "there is no stage 'asn'; there are source, ir"),
        (["show", "program.py:swong", ARGS], 2, "program.py has no 'swong'; its functions are swing"),
        (["show", TARGET, "--args=rand("], 2, "is not a list of arguments"),
        (["show", TARGET, ARGS, "--line=x"], 2, "invalid int value: 'x'"),
        (["check", TARGET, ARGS, "--eps=0"], 2, "--eps is a positive number, not 0.0"),
        (["check", TARGET, ARGS, "--rtol=nan"], 2, "--rtol is a positive number, not nan"),
        (["check", TARGET, ARGS, "--wrt=y"], 2, "no argument is called 'y'; there are x, n"),
        (["check", TARGET, ARGS, "--wrt=n"], 1, "jitad: "),
        (["bench", TARGET], 2, "see --args"),
        (["explain", "absent.py:f"], 2, "there is no file absent.py"),
        (["cache", "burn"], 2, "invalid choice: 'burn'"),
        (["doctor", "--loud"], 2, "unrecognized arguments: --loud"),
    ],
)
def test_wrong_use(jitad, program, words, code, message):
    done = jitad(*words)
    assert done.returncode == code and message in done.stderr and "Traceback" not in done.stderr
