package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.quota.Accounts;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Subject;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key of a store, with what bounds it: who has found one asks nothing more. */
final class StoredKey extends ClientKey {
    private static final String SCOPE = "store";

    private final IssuedKey issued;
    private final KeyLimits.Limits limits;
    private final @Nullable Accounts accounts;
    private volatile @Nullable LimitPath path;

    /**
     * @param issued the key as it was issued
     * @param config the same, or what is left of it after a rotation
     * @param limits what bounds it
     * @param accounts what was used of its limits; null if it has neither limits nor a scope
     */
    StoredKey(IssuedKey issued, ClientKeyConfig config, KeyLimits.Limits limits, @Nullable Accounts accounts) {
        super(SCOPE, config);
        this.issued = issued;
        this.limits = limits;
        this.accounts = accounts;
    }

    /** What its limits are set for: the same after each change of the key. */
    static Subject subject(IssuedKey issued) {
        return Subject.issuedKey(issued.id(), issued.config().name());
    }

    @Override
    public boolean isFor(String forward) {
        return issued.forwards().isEmpty() || issued.forwards().contains(forward);
    }

    @Override
    public boolean opens(String upstream) {
        return true;
    }

    /** It is another key after each rotation. */
    @Override
    protected String lasting() {
        return "id " + issued.id();
    }

    IssuedKey issued() {
        return issued;
    }

    KeyLimits.Limits limits() {
        return limits;
    }

    @Nullable Accounts accounts() {
        return accounts;
    }

    /** Whether it has limits, or belongs to a scope. */
    boolean isBounded() {
        return accounts != null;
    }

    /** Returns what bounds it in a configuration. To be asked of one that is {@link #isBounded bounded}. */
    LimitPath path(Quotas quotas) {
        LimitPath known = path;
        if (known == null || !known.isOf(quotas)) {
            known = quotas.path(
                    subject(issued),
                    config().limits(),
                    config().scope(),
                    Objects.requireNonNull(accounts, "not bounded"));
            path = known;
        }
        return known;
    }
}
