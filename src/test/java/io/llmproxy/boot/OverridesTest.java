package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.boot.Overrides.Said;
import io.llmproxy.boot.Overrides.Shared;
import io.llmproxy.boot.Overrides.Weight;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.management.UpstreamOverride.Mode;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class OverridesTest {
    private static final Instant EARLY = Instant.parse("2030-01-01T10:00:00Z");
    private static final Instant LATE = Instant.parse("2030-01-01T10:00:05Z");

    private static final Said DISABLED = said(Mode.DISABLED);
    private static final Said ENABLED = said(Mode.ENABLED);

    private final Overrides overrides = new Overrides();

    private static Said said(Mode mode) {
        return new Said("u", UpstreamOverride.of(mode, "ann"));
    }

    private Mode mode() {
        return overrides.said("u").orElseThrow().mode();
    }

    @Test
    void whatTheStoreToldEarlierDoesNotReplaceWhatOnlyThisNodeKnows() {
        overrides.add(ENABLED, LATE, false);

        List<Shared> told = List.of(new Shared(DISABLED, EARLY));
        assertThat(overrides.share(told, overrides.changes())).isTrue();

        assertThat(mode()).isEqualTo(Mode.ENABLED);
        assertThat(overrides.isShared(told)).isTrue();
        assertThat(overrides.count()).isEqualTo(1);
    }

    @Test
    void ofTheSameSecondTheOperatorOfThisNodeHasTheLastWord() {
        overrides.add(ENABLED, EARLY, false);

        overrides.share(List.of(new Shared(DISABLED, EARLY)), overrides.changes());

        assertThat(mode()).isEqualTo(Mode.ENABLED);
    }

    @Test
    void whatTheStoreToldLaterDoes() {
        overrides.add(ENABLED, EARLY, false);

        overrides.share(List.of(new Shared(DISABLED, LATE)), overrides.changes());
        assertThat(mode()).isEqualTo(Mode.DISABLED);

        overrides.share(List.of(), overrides.changes());
        assertThat(overrides.count()).isZero();
    }

    @Test
    void whatWasReadBeforeAChangeIsNotTakenOver() {
        long seen = overrides.changes();
        overrides.add(ENABLED, LATE, true);

        assertThat(overrides.share(List.of(new Shared(DISABLED, EARLY)), seen)).isFalse();
        assertThat(mode()).isEqualTo(Mode.ENABLED);

        seen = overrides.changes();
        overrides.remove(Said.key("u"));
        assertThat(overrides.share(List.of(new Shared(ENABLED, LATE)), seen)).isFalse();
        assertThat(overrides.count()).isZero();
    }

    @Test
    void theEndOfAChangeIsNotTheEndOfALaterOne() {
        overrides.add(DISABLED, EARLY, false);
        overrides.add(ENABLED, LATE, false);

        overrides.end(DISABLED);
        assertThat(mode()).isEqualTo(Mode.ENABLED);

        overrides.end(ENABLED);
        assertThat(overrides.count()).isZero();
    }

    @Test
    void whatOthersKnowNowIsTheStoresToTakeBack() {
        overrides.add(ENABLED, EARLY, false);
        overrides.tell(DISABLED);
        overrides.share(List.of(), overrides.changes());
        assertThat(mode()).isEqualTo(Mode.ENABLED);

        overrides.tell(ENABLED);
        overrides.share(List.of(), overrides.changes());
        assertThat(overrides.count()).isZero();
    }

    @Test
    void whatOnlyThisNodeKnowsAsTakenBackStaysSoUntilOthersChangeItLater() {
        List<Shared> told = List.of(new Shared(DISABLED, EARLY));
        overrides.share(told, overrides.changes());
        overrides.remove(Said.key("u"));
        overrides.keepRemoved(Set.of(Said.key("u")), EARLY);

        assertThat(overrides.share(told, overrides.changes())).isTrue();
        assertThat(overrides.isShared(told)).isTrue();
        assertThat(overrides.count()).isZero();

        overrides.share(List.of(new Shared(ENABLED, LATE)), overrides.changes());
        assertThat(mode()).isEqualTo(Mode.ENABLED);
        overrides.share(told, overrides.changes());
        assertThat(mode()).isEqualTo(Mode.DISABLED);
    }

    @Test
    void whatOnlyThisNodeKnowsAsTakenBackCanBeToldLater() {
        String key = Said.key("u");
        List<Shared> told = List.of(new Shared(DISABLED, EARLY));
        overrides.share(told, overrides.changes());
        overrides.remove(key);
        assertThat(overrides.isKeptRemoved(key)).isFalse();
        overrides.keepRemoved(Set.of(key), EARLY);
        overrides.share(told, overrides.changes());
        assertThat(overrides.isKeptRemoved(key)).isTrue();

        long before = overrides.changes();
        overrides.tellRemoved(key, before);
        assertThat(overrides.isKeptRemoved(key)).isFalse();
        // What was read before is older than that.
        assertThat(overrides.share(told, before)).isFalse();
        overrides.share(List.of(new Shared(ENABLED, EARLY)), overrides.changes());
        assertThat(mode()).isEqualTo(Mode.ENABLED);
    }

    @Test
    void whatWasReadBeforeTheOthersWereToldIsForgottenToo() {
        String key = Said.key("u");
        List<Shared> told = List.of(new Shared(DISABLED, EARLY));
        overrides.share(told, overrides.changes());
        overrides.remove(key);
        long seen = overrides.changes();
        assertThat(overrides.share(told, overrides.changes())).isTrue();

        overrides.tellRemoved(key, seen);
        assertThat(overrides.count()).isZero();

        // An operator was faster than the one who has taken it back.
        overrides.add(ENABLED, LATE, true);
        overrides.tellRemoved(key, seen);
        assertThat(mode()).isEqualTo(Mode.ENABLED);
    }

    @Test
    void whatTheStoreDoesNotTellAnyMoreIsForgottenAsTakenBack() {
        overrides.add(DISABLED, EARLY, true);
        Set<String> keys = overrides.keys();
        overrides.clear();
        overrides.keepRemoved(keys, LATE);

        assertThat(overrides.isShared(List.of())).isFalse();
        overrides.share(List.of(), overrides.changes());
        assertThat(overrides.isShared(List.of())).isTrue();

        overrides.share(List.of(new Shared(DISABLED, EARLY)), overrides.changes());
        assertThat(mode()).isEqualTo(Mode.DISABLED);
    }

    @Test
    void whatIsSaidAgainAfterItWasTakenBackHolds() {
        overrides.add(ENABLED, LATE, false);
        overrides.keepRemoved(Set.of(Said.key("u")), EARLY);
        assertThat(mode()).isEqualTo(Mode.ENABLED);

        overrides.remove(Said.key("u"));
        overrides.keepRemoved(Set.of(Said.key("u")), EARLY);
        overrides.add(DISABLED, EARLY, true);
        assertThat(mode()).isEqualTo(Mode.DISABLED);
    }

    @Test
    void aCopyChangesNothingBeforeItTakesTheOthersPlace() {
        Overrides copy = overrides.copy();
        copy.add(new Weight("g", "u", 7), EARLY, false);

        assertThat(copy.differsFrom(overrides)).isTrue();
        assertThat(overrides.count()).isZero();

        overrides.become(copy);
        assertThat(overrides.isWeighed("g", "u")).isTrue();
        assertThat(copy.differsFrom(overrides)).isFalse();

        copy.add(new Weight("g", "u", 7), LATE, true);
        assertThat(copy.differsFrom(overrides)).isFalse();

        copy.clear();
        assertThat(copy.differsFrom(overrides)).isTrue();
    }
}
