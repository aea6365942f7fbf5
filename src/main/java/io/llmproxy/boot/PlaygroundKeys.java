package io.llmproxy.boot;

import io.llmproxy.admin.api.KeyLoans;
import io.llmproxy.auth.LentKeys;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Lends keys that forwards know at the moment.
 *
 * @param served tells the forwards
 * @param keys lends
 */
record PlaygroundKeys(Supplier<Generation> served, LentKeys keys) implements KeyLoans {
    @Override
    public Optional<Loan> lend(String forward, String key) {
        return served.get().forwards().stream()
                .filter(known -> known.name().equals(forward))
                .findFirst()
                .flatMap(known -> known.admission().keys().named(key))
                .map(keys::lend)
                .map(Lent::new);
    }

    private record Lent(LentKeys.Loan loan) implements Loan {
        @Override
        public String shown() {
            return loan.shown().reveal();
        }

        @Override
        public void close() {
            loan.close();
        }
    }
}
