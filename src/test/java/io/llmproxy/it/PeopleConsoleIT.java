package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Browser;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** An operator makes users and tokens in the browser, and sees what they may and what they did. */
class PeopleConsoleIT {
    private static void signIn(Browser browser, String name, String secret) {
        browser.find("input[name=token]");
        browser.fill("input[name=username]", name);
        browser.fill("input[name=token]", secret);
        browser.type(Keys.ENTER);
        browser.find("nav a[aria-current=page]");
    }

    @Test
    void aUserIsMadeAndSeesWhatTheRoleAllows() {
        try (StoreNode node = StoreNode.start("").awaitUp();
                Browser browser = Browser.start()) {
            browser.size(1440, 900);
            browser.open(URI.create("http://127.0.0.1:" + node.admin + "/admin/ui/"));
            signIn(browser, "", "operators-token");
            browser.go("people");
            browser.awaitText("No users yet");
            browser.press("New user…");
            browser.fill("dialog input[name=name]", "Ann");
            browser.fill("dialog input[name=password]", "a long password");
            browser.choose("dialog select", "editor");
            browser.press("Create");
            browser.awaitText("ann can sign in.");

            browser.press("New token…");
            browser.fill("dialog input[name=name]", "ci");
            browser.press("Create");
            browser.awaitText("Copy it now.");
            String token = browser.find("#made-token").getText();
            assertThat(token).startsWith("llmproxy_").hasSizeGreaterThan(50);
            browser.type(Keys.ESCAPE);
            browser.await("the token is not shown again", () -> !browser.text().contains(token));
            browser.press("Revoke ci");
            browser.press("Revoke");
            browser.awaitText("No tokens yet");
            browser.picture(Artefacts.report("console/people-store-1440-light.png"));

            browser.go("audit");
            browser.awaitText("Create a token");
            browser.choose("select[aria-label=Act]", "user.create");
            browser.await(
                    "one act",
                    () -> Long.valueOf(1).equals(browser.run("return document.querySelectorAll('tbody tr').length")));
            browser.awaitText("operator");
            browser.picture(Artefacts.report("console/audit-store-1440-light.png"));

            browser.press("Sign out");
            signIn(browser, "ann", "a long password");
            assertThat(browser.text()).contains("ann · editor").doesNotContain("Audit");
            browser.go("people");
            browser.awaitText("Your password");
            assertThat(browser.text()).doesNotContain("API tokens");
            browser.fill("input[name=current]", "a long password");
            browser.fill("input[name=password]", "a longer password");
            browser.press("Change the password");
            browser.awaitText("The password was changed. Sign in again.");
            signIn(browser, "ann", "a longer password");
            // The session was over when the page signed out of it.
            browser.forgive("401");
            assertThat(browser.complaints()).isEmpty();
        }
    }
}
