package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The configuration is edited, tried, compared, put in use, merged, confirmed and taken back in the browser. */
class ConsoleConfigIT {
    private static final String TEXT = "textarea";

    private static FakeUpstream upstream;
    private static StoreNode node;
    private static Browser browser;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        String seed = Files.writeString(directory.resolve("seed.yaml"), """
                # why it is so
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                upstreams:
                  - name: u
                    url: "%1$s"
                    weight: 1
                    auth: {type: bearer, token: CANARY-token}
                  - name: v
                    url: "%1$s"
                    weight: 1
                upstream_groups: [{name: g, upstreams: [{name: u}, {name: v}]}]
                """.formatted(upstream.url()))
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

    private static String written() {
        return String.valueOf(browser.run("return document.querySelector('textarea')?.value ?? ''"));
    }

    /** As if somebody typed it: the page hears of it. */
    private static void write(String text) {
        browser.find(TEXT);
        browser.run(
                "const area = document.querySelector('textarea');"
                        + "Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(area, arguments[0]);"
                        + "area.dispatchEvent(new Event('input', {bubbles: true}))",
                text);
    }

    private static void change(String from, String to) {
        String before = written();
        assertThat(before).contains(from);
        int at = before.indexOf(from);
        write(before.substring(0, at) + to + before.substring(at + from.length()));
    }

    private static void commit(String comment, String within) {
        browser.press("Commit…");
        browser.fill("dialog input[name=comment]", comment);
        browser.choose("dialog select", within);
        browser.press("Commit");
        browser.await("no dialog", () -> Boolean.TRUE.equals(browser.run("return !document.querySelector('dialog')")));
    }

    /** What somebody else does in the meantime. */
    private static void commitElsewhere(String from, String to) throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/config");
        String headers = "Connection: close\r\nAuthorization: Bearer operators-token\r\n";
        Answer shown = RawClient.exchange(uri, "GET", headers + "Accept: application/yaml\r\n", new byte[0]);
        assertThat(shown.text()).contains(from);
        Answer made = RawClient.exchange(
                uri,
                "POST",
                headers + "Content-Type: application/json\r\nIf-Match: " + shown.header("ETag") + "\r\n",
                new JsonMapper().writeValueAsBytes(Map.of("text", shown.text().replace(from, to))));
        assertThat(made.status()).as(made.toString()).isEqualTo(201);
    }

    @Test
    void theConfigurationLivesThroughItsVersions() throws IOException {
        browser.go("config");
        browser.await("the document", () -> written().contains("# why it is so"));
        String first = written();
        assertThat(first).doesNotContain("CANARY").contains("${secret:upstreams/u/auth/token@1}");

        // A problem is told at its line.
        change("weight: 1", "weight: heavy");
        browser.press("Check");
        browser.awaitText("Problems: 1");
        browser.find(".editor .lines button.bad");
        picture("problems");
        change("weight: heavy", "weight: 2");
        browser.press("Check");
        browser.awaitText("What would change");
        browser.awaitText("upstreams[u].weight");
        picture("dry-run");

        // It goes back by itself unless it is confirmed.
        commit("heavier", "600");
        browser.awaitText("Version 2 is stored.");
        browser.awaitText("Version 2 on the nodes");
        browser.awaitText("all nodes serve it");
        browser.awaitText("back to version 1");
        picture("unconfirmed");
        browser.press("Keep it");
        browser.await("a confirmed version", () -> !browser.text().contains("goes back by itself"));
        assertThat(written()).contains("# why it is so", "weight: 2");

        // Somebody else changes another line: both changes are kept.
        change("- name: v", "- name: v   # mine");
        commitElsewhere("weight: 2", "weight: 5");
        commit("a note", "");
        browser.awaitText("Someone else changed the configuration first");
        browser.forgive("/admin/api/v1/config");
        picture("conflict");
        browser.press("Merge with the newest version");
        browser.awaitText("Both changes are in the text now.");
        assertThat(written()).contains("weight: 5", "# mine").doesNotContain("<<<<<<<");
        commit("both", "");
        browser.awaitText("Version 4 is stored.");
        browser.await(
                "the merged version",
                () -> written().contains("# mine") && written().contains("weight: 5"));

        // Somebody else changes the same line: both stand there until someone decides.
        change("weight: 5", "weight: 6");
        commitElsewhere("weight: 5", "weight: 7");
        commit("mine", "");
        browser.press("Merge with the newest version");
        browser.forgive("/admin/api/v1/config");
        browser.awaitText("Both have changed the same lines; places: 1");
        assertThat(written()).contains("<<<<<<< Your change", "weight: 6", "weight: 7", ">>>>>>> Their change");
        picture("merge");
        browser.press("Discard changes");
        browser.await("the version in use", () -> !written().contains("<<<<<<<"));

        // Back to how it began.
        browser.go("history");
        browser.awaitText("heavier");
        picture("history");
        browser.go("history/1");
        browser.press("Roll back…");
        browser.press("Roll back");
        browser.awaitText("The text of version 1 is in use again.");
        browser.go("config");
        browser.await("the first text", () -> written().equals(first));

        // An unconfirmed one is taken back by hand.
        change("weight: 1", "weight: 8");
        commit("too heavy", "600");
        browser.press("Go back now");
        browser.await("the text before", () -> written().equals(first));
    }

    @Test
    void whatIsUsedIsToldOfAllNodesOrOfThisOne() {
        assertThat(node.ask().status()).isEqualTo(200);
        browser.go("usage?show=attempts");
        browser.awaitText("Of all nodes, by the hour.");
        browser.await("a row", () -> browser.text().contains("Requests per hour"));
        picture("usage-of-all");
        browser.choose("select[aria-label=Nodes]", "this");
        browser.awaitText("From the ledger of this node.");
        browser.size(390, 844);
        browser.find("select[aria-label=Nodes]");
        picture("usage-phone");
        browser.size(1440, 900);
        browser.choose("select[aria-label=Nodes]", "all");
        browser.awaitText("Of all nodes, by the hour.");
    }

    private static void picture(String name) {
        browser.picture(Artefacts.report("console/config-" + name + ".png"));
    }
}
