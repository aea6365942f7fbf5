package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResourceNameTest {
    @ParameterizedTest
    @CsvSource({
        "m, m, true",
        "models/m, m, true",
        "org/m, org/m, true",
        "models/org/m, org/m, true",
        "tunedModels/m, tunedModels/m, true",
        "models/models/m, models/m, true",
        "models/m, models/m, true",
        "n, m, false",
        "M, m, false",
        "models/n, m, false",
        "Models/m, m, false",
        "models/, m, false",
        "models, m, false",
        "m, models/m, false",
        "models/xm, m, false",
        "/m, m, false",
        "tunedModels/m, m, false",
        "m, tunedModels/m, false",
        "publishers/google/models/m, m, true",
        "publishers/google/models/n, m, false",
        "publishers/google/models/, m, false",
        "projects/p/locations/l/publishers/google/models/m, m, true",
        "projects/p/publishers/google/models/m, m, false",
    })
    void aBodyNamesTheModelOfThePathInTwoWays(String name, String model, boolean same) {
        assertThat(ResourceName.isOf(name, model)).isEqualTo(same);
    }

    @ParameterizedTest
    @CsvSource({
        "m, n, n",
        "models/m, n, models/n",
        "models/m, org/n, models/org/n",
        "m, tunedModels/n, tunedModels/n",
        "models/m, tunedModels/n, tunedModels/n",
        "tunedModels/m, n, models/n",
        "tunedModels/m, tunedModels/n, tunedModels/n",
    })
    void anotherNameIsWrittenInTheSameWay(String name, String model, String written) {
        assertThat(ResourceName.like(name, model)).isEqualTo(written);
    }
}
