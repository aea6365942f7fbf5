package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/** Scopes, limits, budgets and secrets in the browser. Names are attempts to run a script. */
class ConsoleScopesIT {
    private static final String XSS = "<img src=x onerror='document.title=\"run\"'>";
    private static final List<String> PAGES =
            List.of("scopes", "scopes/acme", "scopes/support%2Femea", "limits", "secrets", "keys");

    private static FakeUpstream upstream;
    private static StoreNode node;
    private static Browser browser;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        upstream = FakeUpstream.start()
                .otherwise(Behaviour.json("{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\","
                        + "\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}"));
        String seed = Files.writeString(directory.resolve("seed.yaml"), """
                scopes:
                  - {name: acme, kind: org, limits: [{metric: requests, per: month, amount: 40, warn_at: [0.5]}, {metric: total, per: total, amount: 9000}]}
                  - {name: support/emea, parent: acme, enabled: false}
                  - {name: below, kind: project, parent: support/emea}
                  - {name: %s, kind: org, limits: [{metric: requests, per: minute, amount: 5, mode: shadow}]}
                keys: [{name: "%s", key: sk-browser-0123456789abc, scope: acme, limits: [{metric: requests, per: total, amount: 1000}]}]
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", auth: {type: bearer, token: sk-upstream-0123456789}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(
                                quoted(), XSS.replace("\"", "\\\""), upstream.url()))
                .toString();
        node = StoreNode.start("seed: '" + seed + "'").awaitReady();
        browser = Browser.start();
        browser.size(1440, 900);
        browser.open(URI.create("http://127.0.0.1:" + node.admin + "/admin/ui/"));
        browser.find("input[name=token]").click();
        browser.type("operators-token", Keys.ENTER);
        browser.find("nav a[aria-current=page]");
    }

    private static String quoted() {
        return '"' + XSS.replace("\"", "\\\"") + '"';
    }

    @AfterAll
    static void stop() {
        browser.close();
        node.close();
        upstream.close();
    }

    @AfterEach
    void nothingIsWrong() {
        List<String> complaints = browser.complaints();
        browser.forgive("");
        assertThat(complaints).isEmpty();
        assertThat(browser.run("return document.title")).isNotEqualTo("run");
        assertThat(browser.run("return document.querySelectorAll('img[src=x]').length"))
                .isEqualTo(0L);
    }

    private static int ask() {
        return RawClient.exchange(
                        URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                        "POST",
                        "Connection: close\r\nAuthorization: Bearer sk-browser-0123456789abc\r\n",
                        "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8))
                .status();
    }

    private static void noDialog() {
        browser.await(
                "no dialog", () -> Boolean.TRUE.equals(browser.run("return !document.querySelector('dialog[open]')")));
    }

    @Test
    void aScopeLivesFromItsBeginningToItsEnd() {
        browser.go("scopes");
        browser.awaitText(XSS);
        browser.awaitText("disabled above");
        browser.press("New scope");
        browser.fill("dialog input[name=name]", XSS + " two");
        browser.choose("dialog select[name=parent]", "acme");
        browser.choose("dialog select[name=kind]", "org");
        browser.fill("dialog textarea[name=models]", "m\n^(gpt|o)-[0-9]{1,2}$");
        browser.press("Add a limit");
        browser.fill("dialog input[name=limit-amount]", "1.5");
        browser.press("More of limit 1");
        browser.fill("dialog input[name=limit-zone]", "Mars/Base");
        browser.fill("dialog input[name=limit-warn]", "80, 100");
        browser.press("Add the scope");
        browser.awaitText("Mars/Base (expected: a time zone");
        assertThat(browser.run("return document.querySelector('input[name=limit-zone]').getAttribute('aria-invalid')"))
                .isEqualTo("true");
        browser.fill("dialog input[name=limit-zone]", "Europe/Berlin");
        browser.press("Add the scope");
        browser.awaitText("1.5 (expected: a whole number, because only a cost may have a fraction)");
        browser.fill("dialog input[name=limit-amount]", "20");
        browser.fill("dialog textarea[name=limit-models]", "m");
        browser.choose("dialog select[name=limit-loss]", "closed");
        picture("new");
        browser.press("Add the scope");
        browser.forgive("/admin/api/v1/scopes");
        noDialog();
        browser.awaitText(XSS + " two");
        browser.press(XSS + " two");
        browser.awaitText("20 requests per day (m)");
        browser.awaitText("Limits above that hold too");
        browser.awaitText("40 requests per month");

        browser.press("Change");
        assertThat(browser.run("return document.querySelector('dialog textarea[name=models]').value"))
                .isEqualTo("m\n^(gpt|o)-[0-9]{1,2}$");
        browser.choose("dialog select[name=parent]", "below");
        browser.press("Save");
        browser.awaitText("expected: a scope of kind org or of a larger one");
        browser.forgive("/admin/api/v1/scopes");
        browser.choose("dialog select[name=parent]", "");
        browser.find("dialog input[type=checkbox]").click();
        browser.press("Save");
        noDialog();
        browser.awaitText("All keys below it are refused.");
        browser.awaitText("^(gpt|o)-[0-9]{1,2}$");

        browser.press("Remove");
        browser.awaitText("What was used of its limits is forgotten.");
        browser.press("Remove");
        browser.awaitText("is removed.");
        browser.awaitText("support/emea");
        browser.press("acme");
        browser.awaitText("keys of its own: 1");
        browser.press("Remove");
        browser.press("Remove");
        browser.awaitText("acme: still used by the scope support/emea");
        browser.press("Cancel");
        browser.forgive("409");
        browser.forgive("/admin/api/v1/scopes");
    }

    @Test
    void twoAtOnceLoseNothing() throws IOException {
        browser.go("scopes/below");
        browser.awaitText("keys of its own: 0");
        browser.press("Change");
        browser.fill("dialog textarea[name=models]", "mine");
        String head =
                "Authorization: Bearer operators-token\r\nConnection: close\r\nContent-Type: application/json\r\n";
        assertThat(RawClient.exchange(
                                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/scopes/below"),
                                "PATCH",
                                head + "If-Match: \"v"
                                        + node.standing().get("active").asLong() + "\"\r\n",
                                "{\"models\":[\"theirs\"]}".getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(200);
        browser.press("Save");
        browser.awaitText("Someone else has changed this first");
        browser.awaitText("scopes[below].models");
        browser.forgive("412");
        picture("conflict");
        browser.press("Go on from the newest version");
        browser.press("Save");
        noDialog();
        browser.awaitText("mine");
    }

    @Test
    void aBudgetBurnsDown() {
        for (int i = 0; i < 21; i++) {
            assertThat(ask()).isEqualTo(200);
        }
        browser.go("limits");
        browser.awaitText("21 of 40");
        browser.choose("select[aria-label='Which limits']", "tight");
        browser.awaitText("Nothing matches");
        browser.choose("select[aria-label='Which limits']", "budgets");
        browser.fill("input[type=search]", "ACM");
        browser.press("40 requests per month");
        browser.find(".chart svg .line");
        browser.awaitText("At an even pace");
        browser.awaitText("Warn at (%)");
        browser.awaitText("53%");
        picture("burn-down");
        browser.press("acme");
        browser.awaitText("Burn-down");
        browser.choose("select[aria-label=Budget]", idOf("9,000 tokens in total"));
        browser.find(".chart svg .line");
    }

    private static String idOf(String text) {
        return String.valueOf(browser.run(
                "return [...document.querySelectorAll('select[aria-label=Budget] option')].find(o => o.text === arguments[0]).value",
                text));
    }

    @Test
    void limitsForAllClientsAreChangedByKeyboard() {
        browser.go("limits");
        browser.awaitText("None: all clients together are not limited.");
        browser.tabTo("Change the limits for all clients together");
        browser.type(Keys.ENTER);
        browser.find("dialog[open]");
        browser.tabTo("Add a limit");
        browser.type(Keys.ENTER);
        browser.find("dialog input[name=limit-amount]");
        browser.run("document.querySelector('dialog input[name=limit-amount]').focus()");
        browser.type("700000");
        browser.tabTo("Save");
        browser.type(Keys.ENTER);
        noDialog();
        browser.awaitText("700,000 requests per day");
        browser.press("Change the limits for all clients together");
        browser.press("Remove limit 1");
        browser.press("Save");
        browser.awaitText("None: all clients together are not limited.");
    }

    @Test
    void secretsAreStoredAndRotatedAndNeverShown() {
        browser.go("secrets");
        browser.awaitText("upstreams/u/auth/token@1");
        browser.awaitText("upstreams[0].auth.token");
        browser.press("New secret");
        browser.fill("dialog input[name=name]", "vendor/openai");
        browser.fill("dialog textarea", "sk-canary-one");
        picture("secret");
        browser.press("Store");
        browser.awaitText("Secret vendor/openai is stored.");
        browser.awaitText("not in the configuration");
        browser.press("Rotate secret vendor/openai");
        browser.fill("dialog textarea", "***");
        browser.press("Store");
        browser.awaitText("The secret is *** (expected: the secret itself)");
        browser.forgive("400");
        browser.fill("dialog textarea", "sk-canary-two");
        browser.press("Store");
        browser.awaitText("value 2, by operator");
        noDialog();
        assertThat(String.valueOf(browser.run("return document.documentElement.outerHTML")))
                .doesNotContain("sk-canary", "sk-upstream-0123456789");
        browser.press("Remove secret vendor/openai");
        browser.press("Remove");
        browser.await("it is gone", () -> !browser.text().contains("not in the configuration"));
        browser.go("audit");
        browser.awaitText("Store a secret");
        assertThat(browser.text()).doesNotContain("sk-canary");
    }

    @ParameterizedTest
    @CsvSource({
        "390, dark, en",
        "390, light, zh",
        "900, light, en",
        "900, dark, zh",
        "1440, dark, en",
        "1440, light, zh"
    })
    void noPageIsWiderThanItsWindow(int width, String theme, String language) {
        speak(language);
        browser.size(width, 900);
        browser.run("document.documentElement.dataset.theme = arguments[0]", theme);
        try {
            for (String page : PAGES) {
                browser.go(page);
                browser.await(
                        page,
                        () -> Boolean.TRUE.equals(
                                browser.run(
                                        "return !document.querySelector('main .wait[role=status]') && document.querySelector('main h1') !== null")));
                picture("%s-%d-%s-%s".formatted(page.replace('/', '-'), width, theme, language));
                assertThat((Long) browser.run("return document.documentElement.scrollWidth"))
                        .as(page)
                        .isLessThanOrEqualTo(width);
            }
        } finally {
            browser.size(1440, 900);
            browser.run("delete document.documentElement.dataset.theme");
            speak("en");
        }
    }

    private static void speak(String language) {
        if (!language.equals(browser.run("return document.documentElement.lang.slice(0, 2)"))) {
            browser.press(language.equals("zh") ? "中文" : "English");
            browser.await(
                    language, () -> language.equals(browser.run("return document.documentElement.lang.slice(0, 2)")));
        }
    }

    private static void picture(String name) {
        browser.picture(Artefacts.report("console/quota-" + name + ".png"));
    }
}
