package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.Digest;
import io.llmproxy.access.NoPeople;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ApiTokensTest {
    private Instant now = Instant.parse("2026-11-29T00:00:00Z");
    private boolean away;
    private int used;
    private final Map<String, ApiToken> kept = new HashMap<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private final ApiTokens tokens = new ApiTokens(
            new FakePeople() {
                @Override
                public void later(Runnable work) {
                    waiting.add(work);
                }

                @Override
                public Optional<ApiToken> token(String digest) {
                    if (away) {
                        throw new UnavailableException(Unavailable.AWAY, "away");
                    }
                    return Optional.ofNullable(kept.get(digest));
                }

                @Override
                public void used(ApiToken token, Instant at) {
                    used++;
                }
            },
            () -> now);

    private String made(Duration life) {
        String token = tokens.next();
        kept.put(Digest.of(token), new ApiToken("1", "ci", Role.EDITOR, null, now, "ann", now.plus(life), null));
        return token;
    }

    @Test
    void aTokenStandsForItsCallerUntilItExpires() {
        String token = made(Duration.ofHours(1));
        assertThat(tokens.isOne(token)).isTrue();
        assertThat(tokens.isOne("operators-token")).isFalse();
        assertThat(new ApiTokens(new NoPeople(), () -> now).isOne(token)).isFalse();
        assertThat(tokens.next()).isNotEqualTo(token).hasSize(52);

        assertThat(tokens.caller(token)).isEqualTo(new Caller("token:ci", Role.EDITOR, null, "api_token"));
        assertThat(tokens.caller(token + "x")).isNull();
        assertThat(tokens.isKnown(token)).isTrue();
        assertThat(tokens.isKnown(token + "x")).isFalse();
        assertThat(used).isEqualTo(1);
        now = now.plus(Duration.ofHours(1));
        assertThat(tokens.caller(token)).isNull();
        assertThat(tokens.isKnown(token)).isFalse();
    }

    @Test
    void aRevokedTokenIsRefusedWithinFifteenSeconds() {
        String token = made(Duration.ofHours(1));
        assertThat(tokens.caller(token)).isNotNull();
        kept.clear();

        now = now.plusSeconds(14);
        assertThat(tokens.caller(token)).isNotNull();
        now = now.plusSeconds(1);
        assertThat(tokens.isKnown(token)).isTrue();
        assertThat(waiting).hasSize(1);
        waiting.get(0).run();
        assertThat(tokens.isKnown(token)).isFalse();
        assertThat(tokens.caller(token)).isNull();
    }

    @Test
    void aKnownTokenIsGoodWhileTheStoreIsAway() {
        String token = made(Duration.ofHours(1));
        assertThat(tokens.caller(token)).isNotNull();
        away = true;
        now = now.plusSeconds(60);

        assertThat(tokens.caller(token)).isNotNull();
        tokens.doubt();
        assertThatThrownBy(() -> tokens.caller(token)).isInstanceOf(UnavailableException.class);
    }
}
