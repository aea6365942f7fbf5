package io.llmproxy.usage;

import io.llmproxy.usage.Place.Meaning;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was found so far in one answer. */
final class Tally implements PathFollower.Collector {
    /** Ten billion: no answer is larger, and what it costs has room in a long. */
    private static final long LARGEST = 10_000_000_000L;

    private static final int TICKS_SCALE = 10;
    private static final String DOLLARS = "USD";

    private final Counts counts = new Counts();
    private final Counts sums = new Counts();
    private final EnumSet<UsageAnomaly> anomalies = EnumSet.noneOf(UsageAnomaly.class);
    private final Word model = new Word();
    private final Word id = new Word();
    private final Word tier = new Word();
    private final Word geo = new Word();
    private final Word speed = new Word();
    private final Word modality = new Word();
    private final Word event = new Word();

    private long tokens;
    private long textBytes;
    private long reasoningBytes;
    private long cost = -1;
    private boolean ticks;
    /** Whether the document has a part of the answer, and whether it has counts. */
    private boolean inChoice;

    private boolean told;
    private boolean running;
    private boolean finished;
    private List<String> reasons = List.of();

    @Override
    public void enter(Place place) {
        switch (place.meaning()) {
            case DOCUMENT -> {
                inChoice = false;
                told = false;
                event.clear();
            }
            case CHOICE -> inChoice = true;
            case USAGE -> running = true;
            case EVENT_USAGE -> told = true;
            case SUMMANDS -> sums.clear();
            case ITEM -> counts.add(place.counted(), 1);
            case KINDS -> {
                for (Modality kind : Modality.ALL) {
                    counts.unset(kind.part(place.counted()));
                }
            }
            case KIND -> {
                modality.clear();
                tokens = -1;
            }
            default -> {}
        }
    }

    @Override
    public void leave(Place place) {
        if (place.meaning() == Meaning.DOCUMENT) {
            // Chats tell them behind all else, in an event of their own.
            finished |= told && !inChoice;
        } else if (place.meaning() == Meaning.KIND && tokens >= 0) {
            for (Modality kind : Modality.ALL) {
                if (modality.is(kind.name())) {
                    counts.add(kind.part(place.counted()), tokens);
                }
            }
        }
    }

    @Override
    public void number(Place place, Decimal number) {
        if (!number.isNumber()) {
            anomalies.add(UsageAnomaly.NOT_A_COUNT);
        } else if (number.isNegative()) {
            anomalies.add(UsageAnomaly.NEGATIVE);
        } else {
            switch (place.meaning()) {
                case DOLLARS -> cost(number.scaled(Money.SCALE), false);
                case TICKS -> cost(number.scaled(Money.SCALE - TICKS_SCALE), true);
                case SECONDS -> counted(place, number.rounded());
                default -> whole(place, number);
            }
        }
    }

    private void cost(long picos, boolean inTicks) {
        if (picos == Long.MAX_VALUE) {
            anomalies.add(UsageAnomaly.TOO_LARGE);
        } else {
            cost = picos;
            ticks |= inTicks;
        }
    }

    private void whole(Place place, Decimal number) {
        if (number.isWhole()) {
            counted(place, number.rounded());
        } else {
            anomalies.add(UsageAnomaly.NOT_A_COUNT);
        }
    }

    private void counted(Place place, long value) {
        if (value > LARGEST) {
            anomalies.add(UsageAnomaly.TOO_LARGE);
            return;
        }
        switch (place.meaning()) {
            case SUMMAND -> sums.add(place.counted(), value);
            case TOKENS -> tokens = value;
            default -> counts.set(place.counted(), value);
        }
    }

    @Override
    public void noNumber(Place place) {
        anomalies.add(UsageAnomaly.NOT_A_COUNT);
    }

    @Override
    public void text(Place place, long bytes) {
        switch (place.meaning()) {
            case REASONING -> reasoning(bytes);
            case DELTA -> delta(bytes);
            case ALL_TEXT -> textBytes = Math.max(textBytes, bytes);
            default -> textBytes += bytes;
        }
    }

    private void reasoning(long bytes) {
        textBytes += bytes;
        reasoningBytes += bytes;
    }

    /** Sound comes in pieces as well, and is no text; what the user has said is none of the model's. */
    private void delta(long bytes) {
        if (event.startsWith("response.reasoning")) {
            reasoning(bytes);
        } else if (!event.endsWith("audio.delta") && !event.startsWith("conversation.")) {
            textBytes += bytes;
        }
    }

    @Override
    public boolean wants(Place place) {
        return switch (place.meaning()) {
            case MODEL -> model.isEmpty();
            case ID -> id.isEmpty();
            default -> true;
        };
    }

    @Override
    public void word(Place place, Word word) {
        switch (place.meaning()) {
            case MODEL -> model.set(word);
            case ID -> id.set(word);
            case TIER -> tier.set(word);
            case GEO -> geo.set(word);
            case SPEED -> speed.set(word);
            case MODALITY -> modality.set(word);
            case EVENT -> event.set(word);
            case FINISH -> finish(word);
            default -> {}
        }
    }

    /** Some write an empty reason into each event. */
    private void finish(Word reason) {
        if (!reason.isEmpty()) {
            finished = true;
            reasons = FinishReasons.of(reason);
        }
    }

    Counts counts() {
        return counts;
    }

    /** The sums of a list of counts; empty if there was none. */
    Counts sums() {
        return sums;
    }

    /** Whether counts of the whole answer so far were told, and not only what it begins with. */
    boolean isRunning() {
        return running;
    }

    /** Whether nothing more is to be made, so that the counts do not change any more. */
    boolean isFinished() {
        return finished;
    }

    /** Whether the cost was told as only xAI does, which tells reasoning apart from the output. */
    boolean isInTicks() {
        return ticks;
    }

    long textBytes() {
        return textBytes;
    }

    /** The part of it that was made to come to the answer. */
    long reasoningBytes() {
        return reasoningBytes;
    }

    Set<UsageAnomaly> anomalies() {
        return EnumSet.copyOf(anomalies);
    }

    AttemptUsage.Answer answer() {
        @Nullable Money told = cost < 0 ? null : new Money(cost, DOLLARS);
        return new AttemptUsage.Answer(model.text(), id.text(), tier.text(), geo.text(), speed.text(), told, reasons);
    }
}
