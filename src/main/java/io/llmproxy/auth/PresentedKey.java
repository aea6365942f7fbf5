package io.llmproxy.auth;

import io.llmproxy.config.Secret;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The key that a client shows: one, whatever the places that it stands in. */
public sealed interface PresentedKey {
    /** There is none. */
    record None() implements PresentedKey {}

    /**
     * There is one.
     *
     * @param key the key
     * @param place where it stands; the first of several
     */
    record One(Secret key, KeyPlace place) implements PresentedKey {}

    /**
     * There are several that differ, and none of them decides.
     *
     * @param places where they stand
     */
    record Conflict(Set<KeyPlace> places) implements PresentedKey {
        /** Copies the places, in their order. */
        public Conflict {
            places = Collections.unmodifiableSet(EnumSet.copyOf(places));
        }
    }

    /**
     * Looks for the key in all places.
     *
     * @param headers gives the values of a header by its name, in whatever letters the client wrote that
     * @param query the request's query as the client wrote it, or null
     */
    static PresentedKey find(Function<String, ? extends Iterable<String>> headers, @Nullable String query) {
        Set<KeyPlace> places = EnumSet.noneOf(KeyPlace.class);
        One first = null;
        boolean differ = false;
        for (KeyPlace place : KeyPlace.values()) {
            for (String text : place.keys(headers, query)) {
                One found = new One(new Secret(text), place);
                first = first == null ? found : first;
                places.add(place);
                // To compare takes as long as the first one is; once is enough, however many there are.
                differ = differ || !first.key().equals(found.key());
            }
        }
        if (differ) {
            return new Conflict(places);
        }
        return first == null ? new None() : first;
    }
}
