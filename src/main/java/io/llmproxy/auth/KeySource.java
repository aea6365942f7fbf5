package io.llmproxy.auth;

import io.llmproxy.config.KeyDigest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys that come and go while a configuration stays. Any thread may ask; none waits for the answer. */
public interface KeySource {
    /** There are no others than those of the configuration. */
    KeySource NONE = new KeySource() {
        @Override
        public @Nullable ClientKey find(KeyDigest digest) {
            return null;
        }

        @Override
        public Optional<ClientKey> named(String name) {
            return Optional.empty();
        }

        @Override
        public boolean isRequired() {
            return false;
        }

        @Override
        public boolean isStale() {
            return false;
        }
    };

    /** Finds a key, also one that may not be used. Takes the same time however many there are. */
    @Nullable ClientKey find(KeyDigest digest);

    /** Finds a key by its name or id. Looks at all of them. */
    Optional<ClientKey> named(String name);

    /** Whether every client has to show a key because there are some here, or were. */
    boolean isRequired();

    /** Whether there may be keys that are not known here yet. */
    boolean isStale();
}
