package io.llmproxy.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium as the system's packages {@code chromium} and {@code chromium-driver} bring it, without a window. */
public final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChromeDriver driver;
    private final List<String> asked = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one that finds no host but this machine. */
    public static Browser start() {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(program("chromium", "/usr/bin/chromium", "/usr/bin/chromium-browser")
                .toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--lang=en-US",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        Path driver = program("chromium-driver", "/usr/bin/chromedriver", "/usr/lib/chromium-browser/chromedriver");
        return new Browser(new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.toFile())
                        .build(),
                options));
    }

    private static Path program(String packageName, String... places) {
        return Stream.of(places)
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        places[0] + " is missing; Debian's package " + packageName + " brings it"));
    }

    /** Opens a page. */
    public void open(URI page) {
        driver.get(page.toString());
    }

    /** Goes to a place within the page. */
    public void go(String fragment) {
        run("location.hash = arguments[0]", "#/" + fragment);
    }

    /** How wide and high the page is shown. */
    public void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    /** Runs a script in the page and returns its result. */
    public @Nullable Object run(String script, Object... arguments) {
        return ((JavascriptExecutor) driver).executeScript(script, arguments);
    }

    /** The text that a reader sees. */
    public String text() {
        return String.valueOf(run("return document.body.innerText"));
    }

    /** Waits until the reader sees a text. */
    public void awaitText(String text) {
        await("text " + text, () -> text().contains(text));
    }

    /** Waits until something is there and seen, and returns it. */
    public WebElement find(String css) {
        await(
                "element " + css,
                () -> driver.findElements(By.cssSelector(css)).stream().anyMatch(WebElement::isDisplayed));
        return driver.findElements(By.cssSelector(css)).stream()
                .filter(WebElement::isDisplayed)
                .findFirst()
                .orElseThrow();
    }

    /** Waits until a button or link with a text, or with a label, can be pressed, and presses it; in a dialog, if one is open. */
    public void press(String text) {
        await("button " + text, () -> {
            Object found = run(
                    "const place = document.querySelector('dialog[open]') ?? document;"
                            + "return [...place.querySelectorAll('button, a')].find(e => !e.disabled && e.checkVisibility()"
                            + " && (e.innerText.trim().replace(/\\s+/g, ' ') === arguments[0]"
                            + " || e.getAttribute('aria-label') === arguments[0]))",
                    text);
            if (found instanceof WebElement element) {
                element.click();
                return true;
            }
            return false;
        });
    }

    /** Types into whatever has the focus. */
    public void type(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    /** Moves the focus on until what has it shows a text, or has it as its label; as who uses no mouse does. */
    public void tabTo(String text) {
        for (int step = 0; step < 80; step++) {
            String focused = String.valueOf(run("const e = document.activeElement; return e === document.body ? ''"
                    + " : (e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '').trim()"));
            if (focused.equals(text)) {
                return;
            }
            type(Keys.TAB);
        }
        throw new AssertionError("the focus never came to " + text + ":\n" + text());
    }

    /** Writes into a field in the place of what is there. */
    public void fill(String css, String text) {
        WebElement field = find(css);
        field.sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
    }

    /** Chooses an entry of a list. */
    public void choose(String css, String value) {
        run(
                "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))",
                find(css),
                value);
    }

    /** Keeps what is seen as a file. */
    public void picture(Path file) {
        try {
            Files.createDirectories(
                    Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a directory"));
            Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a condition; elements that go away meanwhile do not matter. */
    public void await(String what, Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .ignoreException(StaleElementReferenceException.class)
                    .ignoreExceptionsInstanceOf(WebDriverException.class)
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(what + " is not there; the page shows:\n" + text() + "\n" + complaints(), e);
        }
    }

    /** What the browser has complained about since the start: errors, and violations of the page's policy. */
    public List<String> complaints() {
        read();
        return List.copyOf(complaints);
    }

    /** Forgets what a test has provoked. */
    public void forgive(String part) {
        read();
        complaints.removeIf(complaint -> complaint.contains(part));
    }

    /** Every URL that was asked for since the start. */
    public List<String> asked() {
        read();
        return List.copyOf(asked);
    }

    private void read() {
        for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
            if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                complaints.add(entry.getMessage());
            }
        }
        for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
            try {
                JsonNode message = JSON.readTree(entry.getMessage()).at("/message");
                if (message.path("method").asText().equals("Network.requestWillBeSent")) {
                    asked.add(message.at("/params/request/url").asText());
                }
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
