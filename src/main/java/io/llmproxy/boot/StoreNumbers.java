package io.llmproxy.boot;

import io.llmproxy.admin.Numbers;
import io.llmproxy.store.NumberTable;
import io.llmproxy.store.StoreException;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Numbers in a store: all nodes know the same. */
record StoreNumbers(StoreFollower follower) implements Numbers {
    @Override
    public Map<String, Long> of(Kind kind, Collection<String> names) {
        return asked(table -> table.of(word(kind), names));
    }

    @Override
    public Optional<String> name(Kind kind, long number) {
        return asked(table -> table.name(word(kind), number));
    }

    private static String word(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private <T> T asked(Function<NumberTable, T> question) {
        OpenStore store = StoreDocuments.opened(follower);
        try {
            return question.apply(new NumberTable(store.database()));
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }
}
