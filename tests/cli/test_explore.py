"""`python -m jitad explore`: the page, written and served."""

import re
import signal
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from jitad.cli import main


def test_the_page_is_written(jitad, program):
    done = jitad("explore", f"{program}:swing", "--args=rand(100), n=3", "-o", "page.html")
    assert done.returncode == 0 and done.stderr == ""
    assert re.fullmatch(r"page.html: \d+ kB, \d+ stages\n", done.stdout)
    assert "total += np.sum(np.sin(x) * i)" in (program.parent / "page.html").read_text()


def test_the_page_is_called_like_the_function(jitad, program):
    assert jitad("explore", f"{program}:Model.loss", "--args=rand(9)", "--mode=value").returncode == 0
    assert (program.parent / "Model.loss.html").is_file()


@pytest.fixture
def run(monkeypatch, capsys, program):
    """A command in this process, beside the file of programs: exit code, output, errors."""
    monkeypatch.chdir(program.parent)
    monkeypatch.setattr("sys.path", list(sys.path))

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as error:
            code = error.code
        return (code, *capsys.readouterr())

    return run


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["--args=rand(3), 2", "-o", "absent/page.html"], 2, "absent/page.html cannot be written: No such"),
        (["--args=rand(3), 2", "-o", "."], 2, ". cannot be written: Is a directory"),
        (["--args=rand(3), 2", "--mode=hessian"], 2, "invalid choice: 'hessian'"),
        (["--args='a', 2"], 1, "jitad: "),
        (["--args=rand(3), 2", "--profile", "--serve"], 2, "not allowed with argument"),
        (["--serve", "--port=99999"], 2, "port 99999 cannot be used"),
        (["--serve", "--port=x"], 2, "invalid int value: 'x'"),
    ],
)
def test_wrong_use_has_a_code_and_one_message(run, words, code, message):
    found, out, err = run("explore", "program.py:swing", *words)
    assert found == code and message in err and out == "" and "Traceback" not in err


def test_a_traceback_on_request(run):
    with pytest.raises(TypeError):
        run("--traceback", "explore", "program.py:swing", "--args='a', 2")


@pytest.mark.parametrize("target", ["absent.py:f", "absent:f", "absent.sub:f", "f"])
def test_what_is_not_there_cannot_be_served(run, target):
    code, out, err = run("explore", target, "--serve")
    assert code == 2 and out == "" and err.startswith("jitad: ")


def test_help_names_the_commands(run):
    assert "explore" in run("--help")[1]
    assert run()[0] == 2


def test_measured_times(run, program):
    code, out, _ = run(
        "explore", "program.py:swing", "--args=rand(100000), n=20", "--profile", "-o", "p.html"
    )
    assert code == 0 and "s a call" in out
    assert '"measured":true' in (program.parent / "p.html").read_text()


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


def test_a_page_in_the_browser_follows_the_file(address, program, explorer):
    explorer.open(address)
    k = explorer.line_with("source", "np.sin(x) * i")
    explorer.click("source", k)
    explorer.run("$('checks').click()")
    program.write_text(program.read_text().replace("np.sin(x) * i", "np.cos(x) * i"))
    texts = "return bodies.length ? pane('source').stage.texts.join() : ''"
    explorer.wait(lambda: "np.cos(x) * i" in explorer.run(texts), 60)
    assert explorer.marked("source", "pin") == [k] and explorer.run("return $('checks').checked")
    program.write_text("def swing(:")
    explorer.wait(lambda: "SyntaxError" in explorer.run("return document.body.textContent"), 60)
    program.write_text("import numpy as np\n\n\ndef swing(x, n):\n    return np.sum(np.exp(x))\n")
    explorer.wait(lambda: "np.exp(x)" in explorer.run(texts), 60)
    explorer.driver.get("about:blank")


def test_questions_that_are_dropped_are_no_errors(address):
    port = int(address.rpartition(":")[2].strip("/"))
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert got(f"{address}version", Host="localhost") == "1"


def test_other_paths_and_hosts_are_refused(address):
    for path, headers, code in (("absent", {}, 404), ("", {"Host": "example.org:80"}, 403)):
        with pytest.raises(urllib.error.HTTPError) as error:
            got(f"{address}{path}", **headers)
        assert error.value.code == code
        error.value.close()
