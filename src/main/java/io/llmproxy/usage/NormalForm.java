package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import java.util.List;
import java.util.Set;

/** Brings what an API counts into the form that all have in common, and says what does not fit together. */
final class NormalForm {
    private static final List<Count> SUMMED =
            List.of(Count.INPUT, Count.CACHE_READ, Count.CACHE_WRITE, Count.CACHE_WRITE_1H, Count.OUTPUT);

    /** Each of them is part of its whole. */
    private static final List<Part> PARTS = List.of(
            new Part(Count.CACHE_WRITE_1H, Count.CACHE_WRITE),
            new Part(Count.TOOL_PROMPT, Count.INPUT),
            new Part(Count.TEXT_INPUT, Count.INPUT),
            new Part(Count.IMAGE_INPUT, Count.INPUT),
            new Part(Count.AUDIO_INPUT, Count.INPUT),
            new Part(Count.TEXT_CACHE_READ, Count.CACHE_READ),
            new Part(Count.IMAGE_CACHE_READ, Count.CACHE_READ),
            new Part(Count.AUDIO_CACHE_READ, Count.CACHE_READ),
            new Part(Count.REASONING, Count.OUTPUT),
            new Part(Count.TEXT_OUTPUT, Count.OUTPUT),
            new Part(Count.IMAGE_OUTPUT, Count.OUTPUT),
            new Part(Count.AUDIO_OUTPUT, Count.OUTPUT),
            new Part(Count.REJECTED_PREDICTION, Count.OUTPUT));

    private final Counts counts;
    private final Set<UsageAnomaly> anomalies;

    private record Part(Count part, Count whole) {}

    private NormalForm(Counts counts, Set<UsageAnomaly> anomalies) {
        this.counts = counts;
        this.anomalies = anomalies;
    }

    /**
     * Returns the usage that a tally amounts to.
     *
     * @param anomalies where to add what is odd
     */
    static Usage of(UsageShape shape, Tally tally, Set<UsageAnomaly> anomalies) {
        Counts counts = tally.counts().copy();
        NormalForm form = new NormalForm(counts, anomalies);
        switch (shape) {
            case MESSAGES -> form.messages(tally.sums());
            case GEMINI -> form.gemini();
            case EMBEDDINGS -> form.embeddings();
            case IMAGES -> form.images();
            default -> form.reasoning(tally.isInTicks());
        }
        form.check();
        return counts.toUsage();
    }

    private void messages(Counts sums) {
        // What is counted for all leaves out what it took to shorten the conversation, and other models' work.
        if (!sums.isEmpty()) {
            for (Count count : SUMMED) {
                if (sums.knows(count)) {
                    counts.set(count, sums.get(count));
                }
            }
        }
        if (!counts.knows(Count.CACHE_WRITE) && counts.get(Count.CACHE_WRITE_1H) > 0) {
            counts.set(Count.CACHE_WRITE, counts.get(Count.CACHE_WRITE_1H));
        }
        if (counts.knows(Count.INPUT)) {
            counts.add(Count.INPUT, counts.get(Count.CACHE_READ) + counts.get(Count.CACHE_WRITE));
        }
    }

    private void gemini() {
        if (counts.knows(Count.INPUT)) {
            counts.add(Count.INPUT, counts.get(Count.TOOL_PROMPT));
        }
        if (counts.knows(Count.OUTPUT) || counts.knows(Count.REASONING)) {
            counts.add(Count.OUTPUT, counts.get(Count.REASONING));
        } else if (counts.knows(Count.INPUT) && counts.get(Count.REPORTED_TOTAL) == counts.get(Count.INPUT)) {
            // What is 0 is left out; that the total has no room for it tells it from what is unknown.
            counts.set(Count.OUTPUT, 0);
        }
    }

    private void embeddings() {
        if (counts.knows(Count.INPUT)) {
            counts.set(Count.OUTPUT, 0);
        }
    }

    /** Images are counted where that is all that is known. */
    private void images() {
        if (counts.knows(Count.OUTPUT)) {
            counts.unset(Count.IMAGES);
        }
    }

    /** Most count reasoning as part of the output. The total tells who does not, and where it is missing, the upstream's kind. */
    private void reasoning(boolean mostlyOutside) {
        long output = counts.get(Count.OUTPUT);
        long reasoning = counts.get(Count.REASONING);
        if (reasoning == 0 || !counts.knows(Count.OUTPUT)) {
            return;
        }
        long without = counts.get(Count.INPUT) + output;
        long total = counts.get(Count.REPORTED_TOTAL);
        boolean told = counts.knows(Count.REPORTED_TOTAL) && counts.knows(Count.INPUT);
        boolean outside = told && total == without + reasoning;
        boolean inside = told && total == without;
        if (outside || (!inside && mostlyOutside)) {
            counts.set(Count.OUTPUT, output + reasoning);
        }
    }

    private void check() {
        for (Part part : PARTS) {
            if (counts.knows(part.whole) && counts.get(part.part) > counts.get(part.whole)) {
                anomalies.add(UsageAnomaly.PART_EXCEEDS_WHOLE);
            }
        }
        long input = counts.get(Count.INPUT);
        if (counts.knows(Count.INPUT) && counts.get(Count.CACHE_READ) + counts.get(Count.CACHE_WRITE) > input) {
            anomalies.add(UsageAnomaly.PART_EXCEEDS_WHOLE);
        }
        boolean summed = counts.knows(Count.INPUT) && counts.knows(Count.OUTPUT) && counts.knows(Count.REPORTED_TOTAL);
        if (summed && counts.get(Count.REPORTED_TOTAL) != input + counts.get(Count.OUTPUT)) {
            anomalies.add(UsageAnomaly.TOTAL_DIFFERS);
        }
    }
}
