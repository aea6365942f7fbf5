package io.llmproxy.auth;

import io.llmproxy.testing.Growth;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** What a client sends costs no more than in proportion to its size, whatever it is. */
final class RequestCostTest {
    private static final int SIZE = 2 * 1024;

    private static void query(IntFunction<String> query) {
        IntFunction<Runnable> work = size -> {
            String text = query.apply(size);
            return () -> {
                PresentedKey.find(name -> List.of(), text);
                KeyPlace.withoutKey(text);
            };
        };
        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }

    @Test
    void aQueryCostsAsMuchAsItIsLong() {
        for (String part : List.of("key=a&", "a=1&", "%6bey=a&", "key&", "&", "=", "%41", "key=%61%62&")) {
            query(size -> part.repeat(size / part.length()));
        }
    }

    @Test
    void manyKeysBesideALongOneCostAsMuchAsAllAreLong() {
        query(size -> "key=" + "a".repeat(size) + "&key=b".repeat(size / 6));
        query(size -> "key=" + "a".repeat(size) + ("&key=" + "a".repeat(64)).repeat(size / 69));
    }

    @Test
    void aHeaderCostsAsMuchAsItIsLong() {
        IntFunction<Runnable> work = size -> {
            List<String> values = List.of("Bearer " + " a".repeat(size / 2));
            return () -> PresentedKey.find(name -> values, null);
        };
        Growth.ofAllocation(SIZE, work);
        Growth.ofCpu(SIZE, work);
    }
}
