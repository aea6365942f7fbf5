package io.llmproxy.auth;

import com.google.auth.RequestMetadataCallback;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import io.llmproxy.config.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a Google service account. A token lasts an hour; minutes before it ends the next one is fetched, once
 * however many ask, while the old one still serves.
 */
public final class GoogleTokens implements Credential {
    private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";

    private final byte[] json;
    private final GoogleCredentials account;
    private final Executor executor;

    private GoogleTokens(byte[] json, GoogleCredentials account, Executor executor) {
        this.json = json;
        this.account = account;
        this.executor = executor;
    }

    /**
     * Returns the tokens of the account that a file describes.
     *
     * @param file a service account's key in JSON, as Google hands it out
     * @param executor fetches tokens, for which it is blocked
     * @param before those that were used until now, which go on if the file has not changed; or null
     * @throws IOException if the file cannot be read or is no such key
     */
    public static GoogleTokens of(Path file, Executor executor, @Nullable Credential before) throws IOException {
        byte[] json = Files.readAllBytes(file);
        if (before instanceof GoogleTokens same && Arrays.equals(same.json, json)) {
            return same;
        }
        // A caller that needs a token tries again by itself, and knows better when.
        GoogleCredentials account = ServiceAccountCredentials.fromStream(new ByteArrayInputStream(json))
                .createWithCustomRetryStrategy(false)
                .createScoped(List.of(SCOPE));
        return new GoogleTokens(json, account, executor);
    }

    /** Returns the header that holds the token: at once if there is one, else when it has been fetched, or failed. */
    public CompletableFuture<Header> fetch() {
        CompletableFuture<Header> header = new CompletableFuture<>();
        try {
            account.getRequestMetadata(null, executor, new Told(header));
        } catch (RuntimeException e) {
            // As when the executor takes no more.
            header.completeExceptionally(e);
        }
        return header;
    }

    private record Told(CompletableFuture<Header> header) implements RequestMetadataCallback {
        @Override
        public void onSuccess(Map<String, List<String>> metadata) {
            String token = Objects.requireNonNull(metadata.get(AUTHORIZATION)).get(0);
            header.complete(new Header(AUTHORIZATION, new Secret(token)));
        }

        @Override
        public void onFailure(Throwable failure) {
            header.completeExceptionally(failure);
        }
    }

    /** Says nothing of the account. */
    @Override
    public String toString() {
        return "GoogleTokens";
    }
}
