package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Ports;
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
import org.openqa.selenium.Keys;

/** Client keys are issued, found, changed, rotated, switched off and deleted in the browser. */
class ConsoleKeysIT {
    private static FakeUpstream upstream;
    private static StoreNode node;
    private static Browser browser;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        String seed = Files.writeString(directory.resolve("seed.yaml"), """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g},
                    {name: batch, address: 127.0.0.1, port: %d, upstream_group: g}]}
                scopes: [{name: search, kind: org}, {name: support, parent: search}]
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(Ports.free(), upstream.url()))
                .toString();
        node = StoreNode.start("seed: '" + seed + "'").awaitReady();
        browser = Browser.start();
        browser.size(1440, 900);
        browser.open(URI.create("http://127.0.0.1:" + node.admin + "/admin/ui/"));
        browser.find("input[name=token]").click();
        browser.type("operators-token", Keys.ENTER);
        browser.find("nav a[aria-current=page]");
    }

    @AfterAll
    static void stop() {
        browser.close();
        node.close();
        upstream.close();
    }

    @AfterEach
    void nothingIsWrong() {
        assertThat(browser.complaints()).isEmpty();
    }

    private static int status(String key) {
        return RawClient.exchange(
                        URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                        "POST",
                        "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                        "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8))
                .status();
    }

    private static void awaitStatus(String key, int status) {
        browser.await("status " + status, () -> status(key) == status);
    }

    private static String secret() {
        browser.find("dialog input[readonly]");
        String secret = String.valueOf(browser.run("return document.querySelector('dialog input[readonly]').value"));
        browser.press("Done");
        browser.await("no dialog", () -> Boolean.TRUE.equals(browser.run("return !document.querySelector('dialog')")));
        return secret;
    }

    /** What the page has copied without a clipboard of its own is what the next paste puts in. */
    private static void copiesWithoutHttps(String secret) {
        browser.run(
                "window.copied = null; Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true});"
                        + "document.addEventListener('copy', () => { window.copied = getSelection().toString()"
                        + " || document.activeElement.value; }, {once: true})");
        browser.press("Copy");
        browser.await("a copy", () -> secret.equals(browser.run("return window.copied")));
        browser.awaitText("Copied");
    }

    @Test
    void aKeyLivesFromItsIssueToItsEnd() {
        browser.go("keys");
        browser.awaitText("No client keys");
        assertThat(status("nothing")).isEqualTo(200);
        browser.press("New key");
        browser.awaitText("With the first key, every forward asks for a key");
        picture("new");
        browser.fill("dialog input[name=name]", "team <b>a</b>");
        browser.fill("dialog textarea[name=models]", "m\n^(gpt|o)-[0-9]{1,2}$");
        browser.fill("dialog input[name=rate]", "50");
        browser.press("Issue the key");
        browser.awaitText("it is shown this once");
        picture("secret");
        String first = String.valueOf(browser.run("return document.querySelector('dialog input[readonly]').value"));
        copiesWithoutHttps(first);
        assertThat(secret()).isEqualTo(first);
        browser.awaitText("team <b>a</b>");
        awaitStatus(first, 200);
        awaitStatus("nothing", 401);

        browser.press("Change key team <b>a</b>");
        browser.fill("dialog input[name=expires]", "01012037");
        browser.run("const e = document.querySelector('dialog input[name=expires]'); e.value = '2037-01-31T12:00';"
                + "e.dispatchEvent(new Event('input', {bubbles: true}))");
        browser.fill("dialog textarea[name=models]", "m");
        browser.press("Save");
        browser.awaitText("Key team <b>a</b> is changed.");
        browser.awaitText("2037");
        picture("list");

        aKeyHasAScopeAndLimits(first);

        browser.press("Rotate key team <b>a</b>");
        browser.awaitText("The value until now works for");
        browser.press("Rotate");
        String second = secret();
        awaitStatus(second, 200);
        assertThat(status(first)).isEqualTo(200);
        browser.awaitText("the key before works until");

        browser.fill("input[type=search]", second);
        browser.awaitText("team <b>a</b>");
        browser.fill("input[type=search]", "sk-nosuch-key-of-some-length-123456");
        browser.awaitText("Nothing matches");
        browser.fill("input[type=search]", "TEAM");
        browser.awaitText("team <b>a</b>");
        assertThat(browser.asked()).noneMatch(url -> url.contains(second) || url.contains(first));

        browser.press("Disable key team <b>a</b>");
        browser.press("Disable");
        browser.awaitText("disabled");
        awaitStatus(second, 401);
        browser.press("Enable key team <b>a</b>");
        browser.press("Enable");
        awaitStatus(second, 200);

        browser.press("Change key team <b>a</b>");
        browser.press("Delete");
        browser.awaitText("for good");
        browser.press("Delete");
        browser.awaitText("Nothing matches");
        awaitStatus(second, 401);
    }

    private static void aKeyHasAScopeAndLimits(String key) {
        browser.press("Change key team <b>a</b>");
        browser.choose("dialog select[name=scope]", "support");
        browser.press("Add a limit");
        browser.fill("dialog input[name=limit-amount]", "0");
        browser.press("Save");
        browser.fill("dialog input[name=limit-amount]", "1.5");
        browser.choose("dialog select[name=limit-per]", "month");
        browser.press("Save");
        browser.awaitText("1.5 (expected: a whole number, because only a cost may have a fraction)");
        browser.forgive("/admin/api/v1/keys/");
        browser.fill("dialog input[name=limit-amount]", "1000");
        browser.press("More of limit 1");
        browser.fill("dialog textarea[name=limit-models]", "m");
        browser.fill("dialog input[name=limit-zone]", "Asia/Tokyo");
        browser.fill("dialog input[name=limit-warn]", "50, 12.5");
        browser.choose("dialog select[name=limit-loss]", "closed");
        browser.press("Add a limit");
        browser.fill("dialog .limit:nth-of-type(2) input[name=limit-amount]", "20");
        browser.choose("dialog .limit:nth-of-type(2) select[name=limit-metric]", "concurrent");
        browser.choose("dialog .limit:nth-of-type(2) select[name=limit-mode]", "shadow");
        browser.press("Save");
        browser.awaitText("1,000 requests per month (m)");
        browser.awaitText("20 in flight (only count)");
        browser.awaitText("scope support");
        picture("limits");
        awaitStatus(key, 200);

        browser.press("Change key team <b>a</b>");
        browser.awaitText("of 1,000");
        assertThat(browser.run("return ['zone', 'warn', 'models', 'loss'].map(name =>"
                        + " document.querySelector(`dialog [name=limit-${name}]`).value).join('; ')"))
                .isEqualTo("Asia/Tokyo; 50, 12.5; m; closed");
        for (String theme : List.of("light", "dark")) {
            browser.run(
                    "document.documentElement.dataset.theme = arguments[0]; dispatchEvent(new Event('themed'))", theme);
            browser.run("document.querySelector('dialog .limits').scrollIntoView({block: 'center'})");
            browser.await(
                    "colours", () -> Boolean.TRUE.equals(browser.run("return document.getAnimations().length === 0")));
            picture("limits-" + theme);
        }
        browser.run("delete document.documentElement.dataset.theme; dispatchEvent(new Event('themed'))");
        browser.press("Remove limit 1");
        browser.press("Remove limit 1");
        browser.choose("dialog select[name=scope]", "");
        browser.press("Save");
        browser.await("no limits", () -> !browser.text().contains("requests per month"));
    }

    private static void picture(String name) {
        browser.picture(Artefacts.report("console/keys-" + name + ".png"));
    }
}
