package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.PrefixProxy;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/**
 * The console in a real browser, behind a proxy that takes a prefix away. Each name that a configuration may hold is an attempt to run
 * a script. Whatever a test does, the browser has nothing to complain of and asks no other host.
 */
class ConsoleIT {
    private static final String TOKEN = "operators-only-7d1c";
    private static final String PREFIX = "/ops/gw";

    /** Told by nobody unless a name is run as a script. */
    private static final String XSS = "<img src=x onerror='document.title=\\\"run\\\"'>";

    private static final String SHOWN = XSS.replace("\\\"", "\"");
    private static final List<String> PAGES = List.of(
            "overview",
            "requests",
            "usage",
            "upstreams",
            "upstreams/second",
            "groups",
            "models",
            "try",
            "playground",
            "config",
            "history",
            "keys",
            "scopes",
            "scopes/acme",
            "limits",
            "secrets",
            "nodes",
            "people",
            "audit",
            "api");
    private static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    private static FakeUpstream upstream;
    private static Deployment deployment;
    private static PrefixProxy proxy;
    private static Browser browser;

    private static Gateway gateway() {
        return new Gateway()
                .top("keys: [{name: \"" + XSS
                        + "\", key: sk-console-0123456789abcdef}, {name: plain, key: sk-plain-0123456789abcdef}]")
                .top("scopes: [{name: acme, kind: org, limits: [{metric: requests, per: day, amount: 9000}]}, {name: \""
                        + XSS + "\", parent: acme, limits: [{metric: output, per: minute, amount: 9000}]}]")
                .admin("token: " + TOKEN)
                .upstream(XSS, upstream.url(), "models: {\"" + XSS + "\": other, m: m}, breaker: {threshold: 0.5}")
                .upstream("second", upstream.url(), "models: [m]")
                .upstream("gone", "http://127.0.0.1:1", "models: [lost]")
                .group(
                        XSS,
                        "{name: \"" + XSS + "\", weight: 3}, {name: second}, {name: gone}",
                        "balance: {strategy: weighted_roundrobin}")
                .forward("main", XSS, "");
    }

    @BeforeAll
    static void start() {
        upstream = FakeUpstream.start()
                .on("/v1/models", Behaviour.json("{\"object\":\"list\",\"data\":[]}"))
                .otherwise(
                        Behaviour.json(
                                "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},"
                                        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}"));
        deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway());
        proxy = PrefixProxy.start(PREFIX, deployment.admin());
        browser = Browser.start();
        browser.size(1440, 900);
        browser.open(proxy.at("/admin/ui"));
        browser.find("input[name=token]").click();
        browser.type("wrong", Keys.ENTER);
        browser.awaitText("This is not right. Check what you typed.");
        // The browser tells of each answer of this status.
        browser.forgive("401");
        signIn(browser, proxy.at("/admin/ui"));
    }

    @AfterAll
    static void stop() {
        browser.close();
        proxy.close();
        deployment.close();
        upstream.close();
    }

    private static void signIn(Browser browser, URI page) {
        browser.open(page);
        browser.find("input[name=token]").click();
        browser.type(TOKEN, Keys.ENTER);
        browser.find("nav a[aria-current=page]");
    }

    @AfterEach
    void nothingIsWrong() {
        List<String> complaints = browser.complaints();
        // Each test answers for itself.
        browser.forgive("");
        assertThat(complaints).isEmpty();
        assertThat(browser.asked())
                .allMatch(url -> url.startsWith(proxy.at("/admin/").toString()) || url.startsWith("data:"));
        assertThat(browser.run("return document.title")).isNotEqualTo("run");
        assertThat(browser.run("return document.querySelectorAll('img[src=x]').length"))
                .isEqualTo(0L);
    }

    /** A key that may be used by both forwards' clients. */
    private static Answer ask(String model) {
        return RawClient.exchange(
                deployment.forward("main", "/v1/chat/completions"),
                "POST",
                "Content-Type: application/json\r\nAuthorization: Bearer sk-plain-0123456789abcdef\r\n",
                new String(QUESTION, StandardCharsets.UTF_8)
                        .replace("\"m\"", "\"" + model + "\"")
                        .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theOverviewTellsWhatHappensNow() {
        browser.go("overview");
        browser.awaitText("Live");
        browser.awaitText("Traffic, last two minutes");
        browser.find(".chart svg .line");
        browser.awaitText("second");
        browser.awaitText("serving");
    }

    @Test
    void anUpstreamIsDrainedWithAReasonAndTakenBack() {
        browser.go("upstreams");
        browser.awaitText(SHOWN);
        browser.press("second");
        browser.press("Drain");
        browser.fill("dialog input[name=reason]", SHOWN);
        browser.choose("dialog select", "15");
        browser.press("Drain");
        browser.awaitText("second is draining.");
        browser.awaitText("Ends in 1");
        browser.awaitText(SHOWN);
        assertThat(browser.text()).contains("disabled").doesNotContain("serving");
        browser.press("Undo this change");
        browser.awaitText("second follows the configuration again.");
        browser.awaitText("serving");
    }

    @Test
    void anUpstreamGetsAnotherWeight() {
        browser.go("upstreams/second");
        browser.press("Change the weight in " + SHOWN);
        browser.fill("input[type=number]", "7");
        browser.press("Save");
        browser.awaitText("The weight was changed.");
        browser.press("As configured");
        browser.await("the configured weight", () -> !browser.text().contains("As configured"));
    }

    @Test
    void anUpstreamIsTested() {
        browser.go("upstreams/second");
        browser.press("Send a test call");
        browser.awaitText("It answered");
        browser.go("upstreams/gone");
        browser.press("Send a test call");
        browser.awaitText("It failed after");
    }

    @Test
    void groupsTellWhoTakesWhat() {
        browser.go("groups");
        browser.awaitText("weighted round robin");
        browser.awaitText("used by main");
    }

    @Test
    void aRequestIsFoundAndItsAttemptsAreTold() {
        assertThat(ask("m").status()).isEqualTo(200);
        assertThat(ask("lost").status()).isNotEqualTo(200);
        browser.go("requests");
        browser.awaitText("plain");
        browser.choose("select[aria-label=Outcome]", "failed");
        browser.awaitText("lost");
        browser.press("lost");
        browser.awaitText("Timeline");
        browser.awaitText("Asked gone");
        browser.awaitText("The client was answered");
    }

    @Test
    void whereARequestWouldGoIsTold() {
        browser.go("models");
        browser.awaitText(SHOWN);
        browser.press("Try a request");
        browser.fill("main input[list=models]", "m");
        browser.choose("main form select:last-of-type", "main");
        browser.press("Where would it go?");
        browser.awaitText("Decision");
        browser.awaitText("Candidates");
    }

    @Test
    void thePlaygroundStreamsAndStops() {
        upstream.on(
                "/v1/chat/completions",
                Behaviour.streams(
                        Duration.ofMillis(30),
                        Collections.nCopies(
                                400,
                                "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"<b>word</b> \"}}]}\n\n")));
        browser.go("playground");
        browser.find("textarea[name=message]");
        browser.fill("input[name=model]", "m");
        browser.await(
                "a key",
                () -> browser.text().contains("plain") || browser.text().contains("No key"));
        browser.run(
                "const s = [...document.querySelectorAll('main select')].find(s => [...s.options].some(o => o.value === 'plain'));"
                        + "s.value = 'plain'; s.dispatchEvent(new Event('change', {bubbles: true}))");
        browser.fill("textarea[name=message]", SHOWN);
        browser.type(Keys.ENTER);
        browser.awaitText("<b>word</b> <b>word</b>");
        browser.press("Stop");
        browser.awaitText("stopped");
        upstream.reset();
    }

    @Test
    void theFilesConfigurationIsReadOnlyAndADraftIsChecked() {
        browser.go("config");
        browser.awaitText("This node reads its configuration from a file");
        String shown = String.valueOf(browser.run("return document.querySelector('.editor textarea').value"));
        assertThat(shown).contains("upstream_group").doesNotContain(TOKEN).doesNotContain("sk-plain");
        assertThat(browser.run("return document.querySelector('.editor textarea').readOnly"))
                .isEqualTo(true);
        browser.press("Check a draft");
        browser.fill(".editor textarea", "http_server:\n");
        browser.type("forwards: 7\n");
        browser.press("Check");
        browser.awaitText("Problems:");
        browser.awaitText("Line 2");
        browser.press("Discard changes");
        browser.press("Reload the file");
        browser.awaitText("is in use.");
    }

    @Test
    void usageIsPlottedAndDownloaded() {
        ask("m");
        browser.go("usage?show=attempts");
        browser.awaitText("Requests per hour");
        browser.find(".chart svg rect");
        String link = String.valueOf(browser.run("return document.querySelector('a[download]').href"));
        Answer csv = RawClient.exchange(
                URI.create(
                        link.replace(proxy.at("").toString(), deployment.admin().toString())),
                "GET",
                "Authorization: Bearer " + TOKEN + "\r\n",
                new byte[0]);
        assertThat(csv.status()).isEqualTo(200);
        assertThat(csv.text()).startsWith("name,at,attempts");
    }

    @Test
    void keysAreListedAndAPastedOneIsFound() {
        browser.go("keys");
        browser.awaitText(SHOWN);
        browser.fill("input[type=search]", "sk-plain-0123456789abcdef");
        browser.await("only the pasted key", () -> !browser.text().contains(SHOWN));
        browser.awaitText("plain");
        assertThat(browser.asked()).noneMatch(url -> url.contains("sk-plain"));
    }

    @Test
    void scopesLimitsAndSecretsOfAFileAreReadOnlyAndSayWhy() {
        browser.go("scopes");
        browser.awaitText(SHOWN);
        browser.awaitText("The configuration is a file: scopes and limits are changed there");
        browser.press(SHOWN);
        browser.awaitText("9,000 output tokens per minute");
        browser.awaitText("9,000 requests per day");
        browser.go("limits");
        browser.awaitText("None: all clients together are not limited.");
        browser.awaitText("The configuration is a file");
        assertThat(browser.run("return document.querySelectorAll('main button').length"))
                .isEqualTo(0L);
        browser.go("secrets");
        browser.awaitText("it refers to ${NAME} and ${file:PATH} for secrets");
    }

    @Test
    void nodesAndTheApiAreShown() {
        browser.go("nodes");
        browser.awaitText("this node");
        browser.press("Drain");
        browser.awaitText("It turns not ready");
        browser.press("Drain");
        browser.awaitText("Drained by operator");
        browser.awaitText("Nothing is in flight.");
        browser.press("Serve again");
        browser.await(
                "ready",
                () -> browser.text().contains("ready") && !browser.text().contains("Drained by"));
        browser.go("api");
        browser.awaitText("/runtime/upstreams");
        browser.fill("input[type=search]", "/nodes");
        browser.await("one call", () -> !browser.text().contains("/runtime/upstreams"));
        browser.find(".call button").click();
        browser.press("Send");
        browser.awaitText("\"this\": true");
    }

    @Test
    void everythingIsReachedWithTheKeyboard() {
        browser.go("overview");
        browser.awaitText("Live");
        browser.run("document.activeElement.blur()");
        browser.type("g", "u");
        browser.awaitText("as seen by node");
        browser.type("/");
        browser.type("second");
        browser.await(
                "one row",
                () -> Long.valueOf(1).equals(browser.run("return document.querySelectorAll('tbody tr').length")));
        browser.tabTo("second");
        browser.type(Keys.ENTER);
        browser.tabTo("Disable");
        browser.type(Keys.ENTER);
        browser.find("dialog input[name=reason]");
        browser.type("by keyboard", Keys.ENTER);
        browser.awaitText("second is disabled.");
        browser.tabTo("Undo this change");
        browser.type(Keys.ENTER);
        browser.awaitText("follows the configuration again.");
        browser.run("document.activeElement.blur()");
        browser.type("?");
        browser.find("dialog[open]");
        browser.type(Keys.ESCAPE);
    }

    @Test
    void languageAndThemeStay() {
        browser.go("overview");
        browser.press("中文");
        browser.awaitText("概览");
        browser.press("深色主题");
        browser.open(proxy.at("/admin/ui/"));
        browser.awaitText("概览");
        assertThat(browser.run("return document.documentElement.dataset.theme")).isEqualTo("dark");
        browser.press("浅色主题");
        browser.press("English");
        browser.awaitText("Overview");
    }

    @ParameterizedTest
    @CsvSource({"390, dark", "900, light", "1440, dark", "1440, light"})
    void noPageIsWiderThanItsWindow(int width, String theme) {
        browser.size(width, 900);
        browser.run("document.documentElement.dataset.theme = arguments[0]; dispatchEvent(new Event('themed'))", theme);
        try {
            for (String page : PAGES) {
                browser.go(page);
                browser.await(
                        page,
                        () -> Boolean.TRUE.equals(
                                browser.run(
                                        "return !document.querySelector('main .wait[role=status]') && document.querySelector('main h1') !== null")));
                browser.picture(
                        Artefacts.report("console/%s-%d-%s.png".formatted(page.replace('/', '-'), width, theme)));
                assertThat((Long) browser.run("return document.documentElement.scrollWidth"))
                        .as(page)
                        .isLessThanOrEqualTo(width);
            }
        } finally {
            browser.size(1440, 900);
            browser.run("delete document.documentElement.dataset.theme");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.TOMCAT, Deployment.Kind.JETTY})
    void aContainersConsoleLoadsAndSignsInBelowItsContextPath(Deployment.Kind kind) {
        try (Deployment container = Deployment.start(kind, gateway(), "/gw", List.of());
                Browser other = Browser.start()) {
            other.size(1440, 900);
            signIn(other, container.admin("/admin/ui"));
            other.awaitText("Live");
            assertThat(other.complaints()).isEmpty();
            assertThat(other.asked())
                    .allMatch(url -> url.startsWith(container.admin("/admin/").toString()));
        }
    }
}
