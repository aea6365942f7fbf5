package io.llmproxy.admin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.OidcConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IdentityProviderTest {
    private static final String PAGE = "https://gateway.test/admin/ui/";
    private static final String DOCUMENT = "/.well-known/openid-configuration";
    private static final String KEYS = "/keys";
    private static final int MANY = 8;

    private final FakeProvider fake = FakeProvider.start();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService threads = Executors.newFixedThreadPool(MANY);
    private final AtomicLong now = new AtomicLong();
    private final IdentityProvider provider =
            new IdentityProvider(config(fake), clock, now::get, Duration.ofSeconds(60), Duration.ofSeconds(12));

    /** The paths that it was asked for. */
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    private static OidcConfig config(FakeProvider fake) {
        return new OidcConfig(
                fake.issuer(),
                FakeProvider.CLIENT,
                new Secret(FakeProvider.SECRET),
                "SSO",
                List.of(),
                "preferred_username",
                "groups",
                List.of("*"),
                List.of(),
                List.of(),
                List.of(),
                null,
                null);
    }

    @AfterEach
    void stop() {
        fake.close();
        threads.shutdownNow();
        clock.shutdownNow();
    }

    private static Handshake handshake(FakeProvider fake, String secret) {
        return new Handshake(secret, fake.issuer(), FakeProvider.CLIENT, PAGE);
    }

    /** Goes to the provider, and returns the code that it sends the browser back with. */
    private String code(Handshake handshake) throws ProviderException {
        Answer sent =
                RawClient.exchange(provider.authorization(handshake), "GET", "Connection: close\r\n", new byte[0]);
        Map<String, String> back =
                FakeProvider.form(URI.create(sent.header("Location")).getRawQuery());
        return Objects.requireNonNull(back.get("code"), sent::toString);
    }

    private Person person(Handshake handshake, String code) throws ProviderException {
        return provider.person(handshake, code, fake.issuer());
    }

    private interface Call<T> {
        T make() throws ProviderException;
    }

    private <T> CompletableFuture<T> later(Call<T> call) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return call.make();
                    } catch (ProviderException e) {
                        throw new AssertionError(e.text(), e);
                    }
                },
                threads);
    }

    private void holds(String path, CountDownLatch gate) {
        fake.before(wanted -> {
            asked.add(wanted);
            if (wanted.equals(path)) {
                try {
                    assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
    }

    @Test
    void manyAtOnceAskASlowProviderOnce() {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(MANY);
        holds(DOCUMENT, gate);
        List<CompletableFuture<URI>> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Handshake handshake = handshake(fake, "secret" + i);
            all.add(later(() -> {
                begun.countDown();
                return provider.authorization(handshake);
            }));
        }
        Awaitility.await().until(() -> begun.getCount() == 0 && asked.contains(DOCUMENT));
        gate.countDown();
        assertThat(all).allSatisfy(one -> assertThat(one.join()).hasPath("/realm/authorize"));
        assertThat(asked).containsExactly(DOCUMENT);
    }

    @Test
    void manyAtOnceFetchItsKeysOnce() throws ProviderException {
        List<Handshake> handshakes = new ArrayList<>();
        List<String> codes = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            handshakes.add(handshake(fake, "secret" + i));
            codes.add(code(handshakes.get(i)));
        }
        CountDownLatch gate = new CountDownLatch(1);
        holds(KEYS, gate);
        List<CompletableFuture<Person>> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Handshake handshake = handshakes.get(i);
            String code = codes.get(i);
            all.add(later(() -> person(handshake, code)));
        }
        Awaitility.await()
                .until(() -> asked.contains(KEYS)
                        && asked.stream().filter("/token"::equals).count() == MANY);
        gate.countDown();
        assertThat(all).allSatisfy(one -> assertThat(one.join().name()).isEqualTo("ann"));
        assertThat(asked.stream().filter(KEYS::equals)).hasSize(1);
    }

    @Test
    void whatIsOldIsGoodEnoughForAllButOne() throws ProviderException {
        assertThat(code(handshake(fake, "first"))).isNotEmpty();
        now.addAndGet(Duration.ofHours(2).toNanos());
        CountDownLatch gate = new CountDownLatch(1);
        holds(DOCUMENT, gate);
        CompletableFuture<URI> one = later(() -> provider.authorization(handshake(fake, "second")));
        Awaitility.await().until(() -> asked.contains(DOCUMENT));
        assertThat(provider.authorization(handshake(fake, "third"))).hasPath("/realm/authorize");
        gate.countDown();
        assertThat(one.join()).hasPath("/realm/authorize");
        assertThat(asked).containsExactly(DOCUMENT);
    }

    /** Each answer is in time, and all of them together are not. */
    @Test
    void aWholeSignInHasOneDeadline() throws ProviderException {
        Handshake handshake = handshake(fake, "secret");
        String code = code(handshake);
        now.addAndGet(Duration.ofHours(2).toNanos());
        fake.before(path -> {
            asked.add(path);
            now.addAndGet(Duration.ofSeconds(7).toNanos());
        });
        assertThatThrownBy(() -> person(handshake, code))
                .isInstanceOfSatisfying(
                        ProviderException.class, e -> assertThat(e.kind()).isEqualTo(ProviderException.Kind.AWAY))
                .hasMessageContaining("took too long");
        assertThat(asked).containsExactly(DOCUMENT, "/token");
    }

    @Test
    void keysThatWereNotFetchedMayBeFetchedAgainAtOnce() throws ProviderException {
        fake.before(path -> {
            asked.add(path);
            if (path.equals("/token")) {
                now.addAndGet(Duration.ofMillis(11_500).toNanos());
            }
        });
        for (int i = 0; i < 4; i++) {
            Handshake handshake = handshake(fake, "late" + i);
            String code = code(handshake);
            assertThatThrownBy(() -> person(handshake, code))
                    .isInstanceOfSatisfying(
                            ProviderException.class, e -> assertThat(e.kind()).isEqualTo(ProviderException.Kind.AWAY))
                    .hasMessageContaining("took too long");
        }
        assertThat(asked).doesNotContain(KEYS);
        fake.before(path -> {
            asked.add(path);
            if (path.equals(KEYS)) {
                throw new IllegalStateException("no answer");
            }
        });
        for (int i = 0; i < 4; i++) {
            Handshake handshake = handshake(fake, "failed" + i);
            String code = code(handshake);
            assertThatThrownBy(() -> person(handshake, code)).hasMessageContaining("cannot be asked");
        }
        fake.before(asked::add);
        Handshake handshake = handshake(fake, "last");
        assertThat(person(handshake, code(handshake)).name()).isEqualTo("ann");
    }

    @Test
    void keysThatWereFetchedAreNotFetchedAgainAndAgain() throws ProviderException {
        for (int i = 0; i < 2; i++) {
            Handshake handshake = handshake(fake, "rotated" + i);
            assertThat(person(handshake, code(handshake)).name()).isEqualTo("ann");
            fake.rotate();
        }
        Handshake handshake = handshake(fake, "once more");
        String code = code(handshake);
        assertThatThrownBy(() -> person(handshake, code))
                .isInstanceOfSatisfying(
                        ProviderException.class, e -> assertThat(e.kind()).isEqualTo(ProviderException.Kind.AWAY))
                .hasMessageContaining("fetched a moment ago");
        now.addAndGet(Duration.ofSeconds(16).toNanos());
        Handshake later = handshake(fake, "later");
        assertThat(person(later, code(later)).name()).isEqualTo("ann");
    }

    @Test
    void whoWaitsForAnotherIsToldInTime() {
        CountDownLatch gate = new CountDownLatch(1);
        holds(DOCUMENT, gate);
        IdentityProvider hasty = new IdentityProvider(
                config(fake), clock, System::nanoTime, Duration.ofSeconds(60), Duration.ofSeconds(2));
        CompletableFuture<URI> first = later(() -> hasty.authorization(handshake(fake, "first")));
        Awaitility.await().until(() -> asked.contains(DOCUMENT));
        assertThatThrownBy(() -> hasty.authorization(handshake(fake, "second"))).isInstanceOf(ProviderException.class);
        gate.countDown();
        assertThatThrownBy(first::join).hasRootCauseInstanceOf(ProviderException.class);
        assertThat(asked).hasSizeLessThanOrEqualTo(2);
    }
}
