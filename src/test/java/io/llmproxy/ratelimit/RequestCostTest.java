package io.llmproxy.ratelimit;

import io.llmproxy.net.Network;
import io.llmproxy.testing.Growth;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What a client sends costs no more than in proportion to its size, whatever it is. */
final class RequestCostTest {
    private static final int SIZE = 2 * 1024;
    private static final TrustedProxies PROXIES =
            new TrustedProxies(List.of(Network.parse("10.0.0.0/8").orElseThrow()));

    @Test
    void whatProxiesSayOfTheClientCostsAsMuchAsItIsLong() {
        for (String part : List.of(
                ",",
                "10.0.0.1,",
                "\"",
                "\\\"",
                "\\",
                "for=10.0.0.1,",
                "for=\"10.0.0.1\",",
                "a=b;",
                "a",
                ";",
                " , ",
                ":")) {
            IntFunction<Runnable> work = size -> {
                List<String> value = List.of(part.repeat(size / part.length()));
                return () -> {
                    PROXIES.clientOf("10.0.0.1", value, List.of());
                    PROXIES.clientOf("10.0.0.1", List.of(), value);
                };
            };
            Growth.ofAllocation(SIZE, work);
            Growth.ofCpu(SIZE, work);
        }
    }
}
