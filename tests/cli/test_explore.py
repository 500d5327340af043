"""`python -m jitad explore`: the page, written and served."""

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest


def test_the_page_is_written(jitad, program):
    done = jitad("explore", f"{program}:swing", "--args=rand(100), n=3", "-o", "page.html")
    assert done.returncode == 0 and done.stderr == ""
    assert re.fullmatch(r"page.html: \d+ kB, \d+ stages\n", done.stdout)
    assert "total += np.sum(np.sin(x) * i)" in (program.parent / "page.html").read_text()


def test_the_page_is_called_like_the_function(jitad, program):
    assert jitad("explore", f"{program}:Model.loss", "--args=rand(9)", "--mode=value").returncode == 0
    assert (program.parent / "Model.loss.html").is_file()


@pytest.mark.parametrize(
    "words, code, message",
    [
        (
            ["--args=rand(3), 2", "-o", "absent/page.html"],
            2,
            "absent/page.html cannot be written: No such file",
        ),
        (["--args=rand(3), 2", "--mode=hessian"], 2, "invalid choice: 'hessian'"),
        (["--args='a', 2"], 1, "jitad: "),
        (["--serve", "--port=99999"], 2, "port 99999 cannot be used"),
        (["--serve", "--port=x"], 2, "invalid int value: 'x'"),
    ],
)
def test_wrong_use_has_a_code_and_one_message(jitad, program, words, code, message):
    done = jitad("explore", f"{program}:swing", *words)
    assert done.returncode == code and message in done.stderr and done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_traceback_on_request(jitad, program):
    done = jitad("--traceback", "explore", f"{program}:swing", "--args='a', 2")
    assert done.returncode == 1 and "Traceback" in done.stderr


@pytest.mark.parametrize("target", ["absent.py:f", "absent:f", "f"])
def test_what_is_not_there_cannot_be_served(jitad, target):
    done = jitad("explore", target, "--serve")
    assert done.returncode == 2 and done.stderr.startswith("jitad: ")


def test_help_names_the_commands(jitad):
    assert "explore" in jitad("--help").stdout
    assert jitad().returncode == 2


@pytest.fixture
def address(program):
    command = [sys.executable, "-m", "jitad", "explore", f"{program}:swing", "--args=rand(9), 3", "--serve"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=program.parent
    )
    try:
        yield server.stdout.readline().split()[0]
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert server.stderr.read() == ""
    finally:
        server.kill()
        server.communicate()


def got(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.read().decode()


def test_a_served_page_follows_the_file(address, program):
    assert re.fullmatch(r"http://127.0.0.1:\d+/", address)
    first = got(address)
    assert "np.sin(x) * i" in first and got(f"{address}version") == "1"
    assert got(f"{address}version") == "1"
    program.write_text(program.read_text().replace("np.sin(x) * i", "np.cos(x) * i"))
    assert got(f"{address}version") == "2" and "np.cos(x) * i" in got(address)
    program.write_text("def swing(:")
    failed = got(address)
    assert "SyntaxError" in failed and 'http-equiv="refresh"' in failed
    program.write_text("raise ValueError('<script>')")
    assert "&lt;script&gt;" in got(address)


def test_other_paths_and_hosts_are_refused(address):
    for path, headers, code in (("absent", {}, 404), ("", {"Host": "example.org:80"}, 403)):
        with pytest.raises(urllib.error.HTTPError) as error:
            got(f"{address}{path}", **headers)
        assert error.value.code == code
        error.value.close()
