package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.FakeUpstream;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** A configuration that a tool manages, in the browser. */
class ConsoleManagedIT {
    private static FakeUpstream upstream;
    private static StoreNode node;
    private static Browser browser;
    private static String text;

    @BeforeAll
    static void start() {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        node = StoreNode.start("").awaitUp();
        text = """
                # why it is so
                http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream.url());
        assertThat(node.commit(0, text).status()).isEqualTo(201);
        node.awaitReady();
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

    private static String written() {
        return String.valueOf(browser.run("return document.querySelector('textarea')?.value ?? ''"));
    }

    private static boolean isReadOnly() {
        return Boolean.TRUE.equals(browser.run("return document.querySelector('textarea')?.readOnly ?? true"));
    }

    /** What a tool manages is read-only, until an admin says otherwise. */
    @Test
    void whatAToolManagesIsChangedByAdminsAlone() {
        Answer made = node.call(
                "POST", "/config", "If-Match: \"v1\"\r\n", Map.of("text", text + "# again\n", "managed_by", "argocd"));
        assertThat(made.status()).as(made.toString()).isEqualTo(201);

        browser.go("history");
        browser.go("config");
        browser.awaitText("argocd manages this configuration: change it there.");
        assertThat(browser.text()).doesNotContain("Commit…");
        assertThat(isReadOnly()).isTrue();
        picture("managed");
        browser.go("scopes");
        browser.awaitText("argocd manages this configuration");
        assertThat(browser.text()).doesNotContain("New scope");
        browser.go("limits");
        browser.awaitText("argocd manages this configuration");

        browser.go("config");
        browser.find("#managed input[type=checkbox]").click();
        browser.await("an editor", () -> !isReadOnly());
        browser.find("textarea").sendKeys("# for now");
        browser.press("Commit…");
        browser.fill("dialog input[name=comment]", "an emergency");
        browser.choose("dialog select", "");
        browser.press("Commit");
        browser.awaitText("Version 3 is stored.");
        browser.await("the change", () -> written().contains("for now"));
        browser.awaitText("argocd manages this configuration");
        browser.go("history/1");
        browser.awaitText("argocd manages this configuration");
        assertThat(browser.text()).doesNotContain("Roll back…");
        browser.find("#managed input[type=checkbox]").click();
        browser.press("Roll back…");
        browser.press("Roll back");
        browser.awaitText("The text of version 1 is in use again.");
        browser.go("audit");
        browser.awaitText("Go over what manages it");
        picture("managed-audit");

        browser.go("config");
        browser.press("Let people change it…");
        picture("managed-release");
        browser.press("Let people change it");
        browser.awaitText("People change the configuration now.");
        browser.awaitText("Commit…");
        assertThat(browser.text()).doesNotContain("argocd manages");
        assertThat(browser.complaints()).isEmpty();
    }

    private static void picture(String name) {
        browser.picture(Artefacts.report("console/config-" + name + ".png"));
    }
}
