"""A browser for the explorer page; where there is none, its tests are skipped."""

import shutil
import time

import pytest

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,800",
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """Headless Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    service = shutil.which("chromedriver")
    if binary is None or service is None:
        pytest.skip("Chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    yield driver
    driver.quit()


class Explorer:
    """A page in the browser."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path, width=1280, height=800, dark=False):
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get(path if "://" in str(path) else path.as_uri())
        self.frame()
        return self

    def resize(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script, *arguments):
        """The result of a script that knows `pane(title)`, `line(title, k)` and `$(id)`."""
        names = """
            const bodies = [...document.querySelectorAll(".body")];
            const pane = (title) => bodies.find((b) => b.pane.title === title).pane;
            const line = (title, k) => pane(title).lines[k];
            const $ = (id) => document.getElementById(id);
        """
        return self.driver.execute_script(names + script, *arguments)

    def frame(self):
        """Let the page draw, twice: what has come into view is marked one frame later."""
        self.driver.execute_async_script(
            "const done = arguments[0]; let left = 4;"
            "const next = () => (left-- ? requestAnimationFrame(next) : setTimeout(done, 20)); next();"
        )

    def line_with(self, title, text, nth=0):
        """The number of a line of a pane that has a text."""
        texts = self.run("return pane(arguments[0]).stage.texts", title)
        return [k for k, line in enumerate(texts) if text in line][nth]

    def point(self, title, k):
        """Move the mouse to a line."""
        from selenium.webdriver.common.action_chains import ActionChains

        self.run("pane(arguments[0]).scrollTo(arguments[1], true)", title, k)
        self.frame()
        number = self.run("return line(...arguments).firstChild", title, k)
        ActionChains(self.driver).move_to_element_with_offset(number, 60, 0).perform()
        self.frame()

    def click(self, title, k):
        from selenium.webdriver.common.action_chains import ActionChains

        self.point(title, k)
        ActionChains(self.driver).click().perform()
        self.frame()

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
        self.frame()

    def press_shift(self, key):
        from selenium.webdriver.common.action_chains import ActionChains

        shift = "\ue008"
        ActionChains(self.driver).key_down(shift).send_keys(key).key_up(shift).perform()
        self.frame()

    def marked(self, title, kind):
        """The numbers of the lines in view or near it that have a class."""
        script = "const found = pane(arguments[0]).lines.filter((l) => l.classList.contains(arguments[1]));"
        return self.run(script + "return found.map((l) => l.k)", title, kind)

    def shown(self, title):
        """The numbers of the lines that neither filter nor fold hides."""
        return self.run(
            "return pane(arguments[0]).lines.flatMap((l) => (l.offsetParent ? [l.k] : []))", title
        )

    def stage(self, title):
        script = """
            const { name, texts, places, eqns, origins, marks, spans } = pane(arguments[0]).stage;
            return { name, texts, places, eqns, origins, marks, spans };
        """
        return self.run(script, title)

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "the page did not change"
            time.sleep(0.1)


@pytest.fixture
def explorer(driver):
    """Opens pages; afterwards nothing was written to the console."""
    driver.get_log("browser")
    yield Explorer(driver)
    assert [entry["message"] for entry in driver.get_log("browser")] == []
