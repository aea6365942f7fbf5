package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Fault;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.PrefixProxy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** A person signs in to the console at an identity provider, in a browser, behind a proxy that takes a prefix away. */
class OidcConsoleIT {
    private static Gateway gateway(FakeProvider provider) {
        return new Gateway()
                .admin("token: operators-token, oidc: {name: Company, " + provider.settings()
                        + ", editor_groups: [llm]}")
                .single("main", "http://127.0.0.1:9", "", "", "");
    }

    @Test
    void aPersonGoesToTheProviderAndComesBackToTheSamePage() {
        try (FakeProvider provider = FakeProvider.start();
                Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(provider));
                PrefixProxy proxy = PrefixProxy.start("/ops/gw", deployment.admin());
                Browser browser = Browser.start()) {
            provider.person("ann", List.of("llm"));
            browser.size(1440, 900);
            browser.open(proxy.at("/admin/ui/#/keys"));
            browser.find("input[name=token]");
            browser.picture(Artefacts.report("console/sign-in-oidc-1440-light.png"));
            browser.tabTo("Continue with Company");
            browser.type(Keys.ENTER);
            browser.find("nav a[aria-current=page]");
            browser.awaitText("oidc:ann · editor");
            assertThat(String.valueOf(browser.run("return location.href")))
                    .isEqualTo(proxy.at("/admin/ui/").toString() + "#/keys");
            assertThat(String.valueOf(browser.run("return document.cookie"))).isEmpty();

            browser.press("Sign out");
            browser.press("Continue with Company");
            browser.awaitText("oidc:ann · editor");
            assertThat(provider.left()).containsKeys("id_token_hint", "post_logout_redirect_uri");

            browser.press("Sign out");
            provider.fault(Fault.REFUSES_PERSON);
            browser.press("Continue with Company");
            browser.awaitText("The identity provider did not sign you in: access_denied.");
            assertThat(browser.text()).doesNotContain("free beer");
            assertThat(browser.complaints()).isEmpty();

            provider.fault(Fault.FOREIGN_ISSUER);
            browser.press("Continue with Company");
            browser.awaitText("The provider's token is not believed");
            provider.goAway();
            browser.press("Continue with Company");
            browser.await(
                    "the browser is where it was",
                    () -> "chrome-error:".equals(browser.run("return location.protocol")));
            browser.open(proxy.at("/admin/ui/"));
            browser.find("input[name=token]").click();
            browser.type("operators-token", Keys.ENTER);
            browser.awaitText("operator · admin");
        }
    }
}
