package io.llmproxy.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.Secret;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.ServiceAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoogleTokensTest {
    private static final int HOUR = 3600;

    /** Near enough to its end to be replaced, far enough to serve. */
    private static final int STALE = 200;

    private final FakeUpstream google = FakeUpstream.start();
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        google.close();
    }

    private GoogleTokens tokens(Executor executor) throws IOException {
        Path file = Files.writeString(directory.resolve("sa.json"), ServiceAccount.json(google.url() + "/token"));
        return GoogleTokens.of(file, executor, null);
    }

    private static Behaviour token(String value, int seconds) {
        return Behaviour.json(
                "{\"access_token\":\"%s\",\"expires_in\":%d,\"token_type\":\"Bearer\"}".formatted(value, seconds));
    }

    private static Credential.Header header(String token) {
        return new Credential.Header("Authorization", new Secret("Bearer " + token));
    }

    @Test
    void requestsThatArriveMeanwhileWaitForTheSameToken() throws IOException {
        google.on("/token", token("one", HOUR));
        GoogleTokens tokens = tokens(tasks::add);

        CompletableFuture<Credential.Header> first = tokens.fetch();
        CompletableFuture<Credential.Header> second = tokens.fetch();
        assertThat(first).isNotDone();
        assertThat(tasks).hasSize(1);
        tasks.remove().run();

        assertThat(first).isCompletedWithValue(header("one"));
        assertThat(second).isCompletedWithValue(header("one"));
        assertThat(tokens.fetch()).isCompletedWithValue(header("one"));
        assertThat(google.requests()).hasSize(1);
    }

    @Test
    void theNextOneIsFetchedWhileTheOldOneServes() throws IOException {
        google.on("/token", token("one", STALE), token("two", HOUR));
        GoogleTokens tokens = tokens(tasks::add);
        CompletableFuture<Credential.Header> first = tokens.fetch();
        tasks.remove().run();
        assertThat(first).isCompletedWithValue(header("one"));

        assertThat(tokens.fetch()).isCompletedWithValue(header("one"));
        tasks.remove().run();

        assertThat(tokens.fetch()).isCompletedWithValue(header("two"));
    }

    @Test
    void aFailureIsToldOnceAndTheNextOneAsksAgain() throws IOException {
        google.on("/token", Behaviour.status(503, "", "{}"), token("one", HOUR));
        GoogleTokens tokens = tokens(Runnable::run);

        assertThat(tokens.fetch()).isCompletedExceptionally();
        assertThat(google.requests()).hasSize(1);
        assertThat(tokens.fetch()).isCompletedWithValue(header("one"));
    }

    @Test
    void whenNothingIsRunAnyMoreItFails() throws IOException {
        GoogleTokens tokens = tokens(task -> {
            throw new RejectedExecutionException("stopped");
        });

        assertThat(tokens.fetch()).isCompletedExceptionally();
    }

    @Test
    void aFileThatIsNoKeyIsRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("sa.json"), "{}");

        assertThatThrownBy(() -> GoogleTokens.of(file, Runnable::run, null)).isInstanceOf(IOException.class);
    }

    @Test
    void itPrintsNothing() throws IOException {
        assertThat(tokens(Runnable::run)).hasToString("GoogleTokens");
    }
}
