package io.llmproxy.admin.api;

import io.llmproxy.access.Attempts;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.PasswordHash;
import io.llmproxy.access.People;
import io.llmproxy.access.User;
import io.llmproxy.ratelimit.ClientAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names and passwords of our own users. Guessing is slowed down: 5 attempts a minute for a name from an address, 20 from an address. A user
 * is not locked out by the attempts of others: each address has its own attempts. A name that does not exist is answered like a wrong
 * password, and as slowly.
 */
final class Passwords {
    /** What a user may be called. */
    static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{0,99}");

    private static final int LONGEST_NAME = 100;

    static final int SHORTEST = 12;
    static final int LONGEST = 200;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int AT_ONCE = 2;
    private static final int PATIENCE_SECONDS = 5;

    private final People people;
    private final Supplier<Instant> clock;
    private final Attempts ofName;
    private final Attempts ofAddress;

    /** To compare takes a core for a moment: strangers get no more than these. */
    private final Semaphore comparing = new Semaphore(AT_ONCE);

    Passwords(People people, Supplier<Instant> clock, LongSupplier nanoTime) {
        this.people = people;
        this.clock = clock;
        this.ofName = new Attempts(5, MINUTE, nanoTime);
        this.ofAddress = new Attempts(20, MINUTE, nanoTime);
    }

    /** Somebody else who may know a name that is none of ours. */
    interface Others {
        /** Returns who has this name and password; null if they are wrong. */
        @Nullable Caller find(String name, String password);
    }

    /**
     * Finds the user of a name and password.
     *
     * @param address where they come from
     * @param others asked for names that are not ours
     * @throws Refused if they are wrong, or were wrong too often
     */
    Caller check(String address, String shownName, String password, Others others) {
        String name = shownName.toLowerCase(Locale.ROOT);
        boolean possible = people.isKept() && NAME.matcher(name).matches();
        String client =
                ClientAddress.parse(address).orElse(ClientAddress.UNKNOWN).toString();
        String pair = client + ' ' + name.substring(0, Math.min(name.length(), LONGEST_NAME));
        slow(ofAddress.take(client));
        slow(ofName.take(pair));
        Optional<User.Account> account = possible ? people.account(name) : Optional.empty();
        Caller caller = account.isPresent()
                ? own(account.get(), password)
                : Objects.requireNonNullElseGet(others.find(shownName, password), () -> unknown(password));
        ofName.forgive(pair);
        ofAddress.forgive(client);
        return caller;
    }

    private Caller own(User.Account account, String password) {
        User user = account.user();
        if (!matches(PasswordHash.parse(account.password()), password) || !user.enabled()) {
            throw wrong();
        }
        people.seen(user.name(), clock.get());
        return new Caller(user.name(), user.role(), user.scope(), KeptSession.PASSWORD);
    }

    /** Takes as long as a wrong password does. */
    private Caller unknown(String password) {
        var unused = matches(PasswordHash.none(), password);
        throw wrong();
    }

    /** Whether a user who is signed in has this password; a session that was stolen does not give more attempts. */
    boolean isRight(String address, String name, String password) {
        String client =
                ClientAddress.parse(address).orElse(ClientAddress.UNKNOWN).toString();
        slow(ofName.take(client + ' ' + name));
        return people.account(name)
                .filter(found -> matches(PasswordHash.parse(found.password()), password))
                .isPresent();
    }

    private boolean matches(PasswordHash expected, String password) {
        try {
            if (!comparing.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy();
        }
        try {
            return expected.matches(password.length() > LONGEST ? "" : password);
        } finally {
            comparing.release();
        }
    }

    private static Refused busy() {
        return new Refused(503, "busy", "Too many sign in at the moment; try again.").with("Retry-After", "5");
    }

    private static void slow(long seconds) {
        if (seconds > 0) {
            throw new Refused(429, "too_many_attempts", "Too many attempts to sign in; try again later.")
                    .with("Retry-After", Long.toString(seconds));
        }
    }

    private static Refused wrong() {
        return new Refused(401, "unauthorized", "The name or the password is wrong.");
    }

    /** The hash of a password that may be set; others are refused. */
    static String hash(String name, String password) {
        if (password.length() < SHORTEST
                || password.length() > LONGEST
                || password.toLowerCase(Locale.ROOT).contains(name)) {
            throw Refused.invalid(
                    "password",
                    "not good enough (expected: " + SHORTEST + " to " + LONGEST
                            + " characters, and not the name in it)");
        }
        return PasswordHash.of(password).text();
    }
}
