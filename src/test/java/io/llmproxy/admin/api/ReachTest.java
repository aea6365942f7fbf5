package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.Role;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigFixtures;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.ledger.UsedAttempt;
import io.llmproxy.quota.Subject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReachTest {
    private static final Instant MADE = Instant.parse("2026-11-29T10:20:00Z");
    private static final ProxyConfig CONFIG = config("""
            scopes:
              - {name: deep, kind: project, parent: ranking}
              - {name: org, kind: org}
              - {name: search, parent: org}
              - {name: ranking, kind: project, parent: search}
              - {name: ads, parent: org}
            keys:
              - {name: ours, key: sk-0123456789-ours, scope: ranking}
              - {name: theirs, key: sk-0123456789-theirs, scope: ads}
              - {name: loose, key: sk-0123456789-loose}
            http_server:
              forwards: [{name: a, upstream_group: g, keys: [{name: twice, key: sk-0123456789-one, scope: search}]},
                         {name: b, port: 3001, upstream_group: g, keys: [{name: twice, key: sk-0123456789-two, scope: ads}]}]
            """);

    private static ProxyConfig config(String yaml) {
        return ConfigFixtures.parse(yaml, Path.of(""), Map.of()).config();
    }

    private static Reach of(@Nullable String scope) {
        return Reach.of(new Caller("ann", Role.ADMIN, scope, "session"), CONFIG, Optional.empty());
    }

    @Test
    void itGoesDownAndNeverUp() {
        assertThat(of("search").scopes()).containsExactlyInAnyOrder("search", "ranking", "deep");
        assertThat(of("deep").scopes()).containsExactly("deep");
        assertThat(of("gone").scopes()).isEmpty();
        assertThat(of(null).isAll()).isTrue();
        assertThat(of(null).covers((String) null)).isTrue();
        assertThat(of("search").covers("org")).isFalse();
        assertThat(of("search").covers((String) null)).isFalse();
        assertThat(of("gone").covers("gone")).isFalse();
    }

    @Test
    void whatIsBeyondIsNamedToNobody() {
        of("search").require("deep");
        of(null).require(null);
        assertThatThrownBy(() -> of("search").require("ads"))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.detail())
                                .startsWith("scope: ads is not within the caller's (expected: search")
                                .doesNotContain("org"));
        assertThatThrownBy(() -> of("search").require(null))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.status()).isEqualTo(403));
        assertThatThrownBy(() -> of("gone").require("gone"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.detail()).contains("none is left"));
    }

    @Test
    void limitsOfOthersAndOfAllAreBeyond() {
        Reach search = of("search");
        assertThat(search.covers(new Subject(Subject.Kind.SCOPE, "1", "ranking"), CONFIG))
                .isTrue();
        assertThat(search.covers(new Subject(Subject.Kind.SCOPE, "1", "org"), CONFIG))
                .isFalse();
        assertThat(search.covers(new Subject(Subject.Kind.KEY, "1", "ours"), CONFIG))
                .isTrue();
        for (String beyond : List.of("theirs", "loose", "twice", "unheard of")) {
            assertThat(search.covers(new Subject(Subject.Kind.KEY, "1", beyond), CONFIG))
                    .as(beyond)
                    .isFalse();
        }
        assertThat(search.covers(new Subject(Subject.Kind.ISSUED_KEY, "1", "ours"), CONFIG))
                .isFalse();
        assertThat(search.covers(Subject.GATEWAY, CONFIG)).isFalse();
        assertThat(of(null).covers(Subject.GATEWAY, CONFIG)).isTrue();
    }

    @Test
    void aNameThatSomebodyElseHasTooCountsForNobody() {
        Predicate<UsedAttempt> within = of("search")
                .usedWithin(CONFIG, List.of(issued("ranking", "new"), issued("ads", "new-ads"), issued("ads", "both")));
        assertThat(within.test(used("ours", Instant.EPOCH))).isTrue();
        assertThat(within.test(used("new", Instant.parse("2026-11-29T10:00:00Z"))))
                .isTrue();
        // A key of this name that was there before may have been anyone's.
        assertThat(within.test(used("new", Instant.parse("2026-11-29T09:00:00Z"))))
                .isFalse();
        for (String beyond : List.of("theirs", "loose", "twice", "new-ads", "both", "", "unheard of")) {
            assertThat(within.test(used(beyond, MADE))).as(beyond).isFalse();
        }
        assertThat(of("gone").usedWithin(CONFIG, List.of()).test(used("ours", MADE)))
                .isFalse();
        assertThat(of(null).usedWithin(CONFIG, List.of()).test(used("", MADE))).isTrue();
    }

    @Test
    void aKeyCalledLikeAllTheOthersShowsNothing() {
        Predicate<UsedAttempt> within = of("search")
                .usedWithin(CONFIG, List.of(issued("ranking", UsedAttempt.NONE), issued("ranking", UsedAttempt.OTHER)));
        assertThat(within.test(used(UsedAttempt.NONE, MADE))).isFalse();
        assertThat(within.test(used(UsedAttempt.OTHER, MADE))).isFalse();
    }

    @Test
    void aNodeThatRefusesTheNewestConfigurationDoesNotSayWhatAScopeReaches() {
        Caller lead = new Caller("ann", Role.ADMIN, "search", "session");
        Caller whole = new Caller("root", Role.ADMIN, null, "session");
        StoreStanding following = new StoreStanding("gw", 2, 1, 1, List.of(), null, null);
        StoreStanding refusing = new StoreStanding("gw", 2, 1, 2, List.of("v2:4: jmx"), Duration.ofSeconds(9), null);
        assertThat(Reach.of(lead, CONFIG, Optional.of(following)).covers("ranking"))
                .isTrue();
        assertThat(Reach.of(whole, CONFIG, Optional.of(refusing)).isAll()).isTrue();
        assertThatThrownBy(() -> Reach.of(lead, CONFIG, Optional.of(refusing)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("cannot serve v2");
    }

    @Test
    void aNodeThatServesTheNewestConfigurationSaysSoThoughItCannotBeLoadedAgain() {
        Caller lead = new Caller("ann", Role.ADMIN, "search", "session");
        StoreStanding serving = new StoreStanding("gw", 2, 2, 2, List.of("v2:4: jmx"), null, null);
        assertThat(Reach.of(lead, CONFIG, Optional.of(serving)).covers("ranking"))
                .isTrue();
    }

    @Test
    void aNodeThatWasStartedWhileTheStoreIsAwayDoesNotSayWhatAScopeReaches() {
        Caller lead = new Caller("ann", Role.ADMIN, "search", "session");
        Caller whole = new Caller("root", Role.ADMIN, null, "session");
        StoreStanding unheard = new StoreStanding("gw", 0, 1, 1, List.of(), Duration.ofSeconds(9), null);
        assertThat(Reach.of(whole, CONFIG, Optional.of(unheard)).isAll()).isTrue();
        assertThatThrownBy(() -> Reach.of(lead, CONFIG, Optional.of(unheard)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("has not received the newest");
        StoreStanding failed = new StoreStanding("gw", 0, 1, 2, List.of("a port"), Duration.ofSeconds(9), null);
        assertThatThrownBy(() -> Reach.of(lead, CONFIG, Optional.of(failed)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("cannot serve v2");
        StoreStanding heard = new StoreStanding("gw", 1, 1, 1, List.of(), Duration.ofSeconds(9), null);
        assertThat(Reach.of(lead, CONFIG, Optional.of(heard)).covers("ranking")).isTrue();
    }

    @Test
    void aKeyOfUnknownAgeShowsNothing() {
        IssuedKey made = issued("ranking", "old");
        IssuedKey unknown = new IssuedKey("1", made.config(), null, List.of(), null, "", Instant.EPOCH, 1);
        assertThat(of("search").usedWithin(CONFIG, List.of(unknown)).test(used("old", MADE)))
                .isFalse();
    }

    @Test
    void aScopeCalledNullIsAScopeLikeOthers() {
        ProxyConfig config = config("scopes: [{name: 'null'}, {name: top}]");
        assertThat(Reach.of(new Caller("ann", Role.ADMIN, "null", "session"), config, Optional.empty())
                        .scopes())
                .containsExactly("null");
    }

    private static IssuedKey issued(String scope, String name) {
        ProxyConfig config = config("""
                scopes: [{name: %s}]
                keys: [{name: %s, key: sk-0123456789-issued, scope: %s}]
                """.formatted(scope, name, scope));
        return new IssuedKey(name, config.keys().get(0), null, List.of(), null, "ann", MADE, 1);
    }

    private static UsedAttempt used(String key, Instant at) {
        return new UsedAttempt(at, "f", key, "m", "u", 1, 0, 10, 2, 5, 1, Map.of(), 1);
    }
}
