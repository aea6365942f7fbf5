package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;

/** A key of a store, with what bounds it: who has found one asks nothing more. */
final class StoredKey extends ClientKey {
    private static final String SCOPE = "store";

    private final IssuedKey issued;
    private final KeyLimits.Limits limits;

    /**
     * @param issued the key as it was issued
     * @param config the same, or what is left of it after a rotation
     * @param limits what bounds it
     */
    StoredKey(IssuedKey issued, ClientKeyConfig config, KeyLimits.Limits limits) {
        super(SCOPE, config);
        this.issued = issued;
        this.limits = limits;
    }

    @Override
    public boolean isFor(String forward) {
        return issued.forwards().isEmpty() || issued.forwards().contains(forward);
    }

    @Override
    public boolean opens(String upstream) {
        return true;
    }

    IssuedKey issued() {
        return issued;
    }

    KeyLimits.Limits limits() {
        return limits;
    }
}
