package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContainersTest {
    private static final String SAMPLE =
            "admin 9000 <!-- forward -->[port 3000, idle 30000]<!-- /forward --> end 9000, not 19000";

    private static String repeated(int admin, Integer... forwards) {
        Path nowhere = Path.of("nowhere");
        return Containers.repeat(
                SAMPLE, new Deployment.Container(nowhere, nowhere, List.of(forwards), admin, "", directory -> {}));
    }

    @Test
    void thePartForOneForwardIsRepeatedForEach() {
        assertThat(repeated(4711, 1, 2))
                .isEqualTo("admin 4711 [port 1, idle 30000]\n[port 2, idle 30000] end 4711, not 19000");
    }

    @Test
    void portsThatContainOneAnotherStayWhole() {
        assertThat(repeated(13000, 29000, 23000))
                .isEqualTo("admin 13000 [port 29000, idle 30000]\n[port 23000, idle 30000] end 13000, not 19000");
    }
}
