package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where the ledger is looked for if the configuration does not say where it is. */
class LedgerHomeTest {
    private static final Path FILE = Path.of("/etc/llmproxy/config.yaml");

    @Test
    void theStateDirectoryOfTheServiceComesFirst() {
        LedgerHome home = LedgerHome.find(
                FILE, false, Map.of("STATE_DIRECTORY", "/var/lib/llmproxy:/var/lib/other"), name -> null);

        assertThat(home.places())
                .containsExactly(Path.of("/var/lib/llmproxy/ledger"), Path.of("/etc/llmproxy/ledger/config"));
    }

    @Test
    void twoConfigurationsInOneDirectoryHaveTwoPlaces() {
        assertThat(LedgerHome.find(FILE.resolveSibling("a.yaml"), false, Map.of(), name -> null)
                        .places())
                .isNotEqualTo(LedgerHome.find(FILE.resolveSibling("b.yaml"), false, Map.of(), name -> null)
                        .places());
        assertThat(LedgerHome.find(FILE.resolveSibling(".hidden"), false, Map.of(), name -> null)
                        .places())
                .containsExactly(Path.of("/etc/llmproxy/ledger/.hidden"));
    }

    @Test
    void aConfigurationInsideTheWarIsKeptInTheContainersBase() {
        LedgerHome home =
                LedgerHome.find(null, true, Map.of(), name -> name.equals("catalina.base") ? "/srv/tomcat" : null);

        assertThat(home.places()).containsExactly(Path.of("/srv/tomcat/llmproxy/ledger"));
    }

    @Test
    void theDemoHasNone() {
        assertThat(LedgerHome.find(null, false, Map.of(), name -> "/srv").places())
                .isEmpty();
    }
}
