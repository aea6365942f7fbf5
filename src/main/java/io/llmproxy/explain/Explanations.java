package io.llmproxy.explain;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Keeps the explanations of the last exchanges, and for longer those of the last that failed or took long. In memory only. */
public final class Explanations implements ExchangeListener {
    private static final int ALL = 4096;
    private static final int NOTABLE = 512;
    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Ring<Explanation> all = new Ring<>(ALL);
    private final Ring<Explanation> notable = new Ring<>(NOTABLE);

    /**
     * Which explanations are wanted.
     *
     * @param upstream that was asked; null for any
     * @param error code of the gateway's error; null for any, and for none
     * @param slowerThanNanos least time that the exchange took
     */
    public record Wanted(
            @Nullable String upstream, @Nullable String error, long slowerThanNanos) implements Predicate<Explanation> {
        @Override
        public boolean test(Explanation found) {
            return found.nanos() >= slowerThanNanos
                    && (error == null || error.equals(found.error()))
                    && (upstream == null || found.asked(upstream));
        }
    }

    @Override
    public void ended(Exchange exchange) {
        Explanation explanation = Explanation.of(exchange);
        all.add(explanation);
        if (explanation.isError() || explanation.nanos() >= SLOW_NANOS) {
            notable.add(explanation);
        }
    }

    /** Those of an id, newest first. */
    public List<Explanation> of(String id) {
        return find(explanation -> explanation.id().equals(id), ALL);
    }

    /** The newest that are wanted. */
    public List<Explanation> find(Predicate<Explanation> wanted, int most) {
        Set<Explanation> found = Collections.newSetFromMap(new IdentityHashMap<>());
        all.forEach(explanation -> addIf(wanted, explanation, found));
        notable.forEach(explanation -> addIf(wanted, explanation, found));
        List<Explanation> newest = new ArrayList<>(found);
        newest.sort(Comparator.comparing(Explanation::at).reversed().thenComparing(Explanation::id));
        return newest.subList(0, Math.min(most, newest.size()));
    }

    /** Forgets those that are not wanted any more. */
    public void forget(Predicate<Explanation> unwanted) {
        all.removeIf(unwanted);
        notable.removeIf(unwanted);
    }

    private static void addIf(Predicate<Explanation> wanted, Explanation explanation, Set<Explanation> found) {
        if (wanted.test(explanation)) {
            found.add(explanation);
        }
    }
}
