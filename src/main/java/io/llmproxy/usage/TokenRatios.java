package io.llmproxy.usage;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Learns from the answers whose tokens are reported how many bytes of text make a token, for each model of each upstream.
 * What is learned of is limited in number: upstreams may have more models than anyone can remember. Safe for use by
 * several threads at once.
 */
public final class TokenRatios {
    /** How many answers it takes until what was learned is believed. */
    static final int ENOUGH = 20;

    private static final double NEWEST = 0.05;
    private static final int MOST_MODELS = 2_000;

    /** Bytes of a token, at least and at most: what is beyond counts something else than the text. */
    private static final double LEAST = 1;

    private static final double MOST = 16;

    private final ConcurrentHashMap<Key, Learned> learned = new ConcurrentHashMap<>();

    private record Key(String upstream, String model) {}

    /** The mean of the answers so far; the later ones count more. 0 answers: nothing is known. */
    private record Mean(double bytesPerToken, int answers) {
        static final Mean NOTHING = new Mean(0, 0);

        Mean with(long bytes, long tokens) {
            if (bytes <= 0 || tokens <= 0) {
                return this;
            }
            double weight = Math.max(NEWEST, 1.0 / (answers + 1));
            double told = Math.max(LEAST, Math.min(MOST, (double) bytes / tokens));
            double mean = bytesPerToken + weight * (told - bytesPerToken);
            return new Mean(mean, Math.min(answers + 1, ENOUGH));
        }

        boolean isEnough() {
            return answers >= ENOUGH;
        }
    }

    private record Learned(Mean input, Mean output) {
        static final Learned NOTHING = new Learned(Mean.NOTHING, Mean.NOTHING);
    }

    /**
     * Learns of an answer. Only what the upstream reported counts; and not the input if part of it came from elsewhere, such as
     * images, nor the output if part of it is not seen.
     *
     * @param requestBytes how many bytes of text the request has; negative if that is not known, or not all that the model read
     * @param reasoningBytes how many bytes of the answer's text are reasoning. How much of the reasoning is seen depends on the model, so
     *     that nothing is learned of it where it is counted apart
     */
    public void learn(String upstream, String model, long requestBytes, long reasoningBytes, AttemptUsage answer) {
        if (answer.source() != UsageSource.REPORTED) {
            return;
        }
        Key key = new Key(upstream, model);
        if (learned.size() >= MOST_MODELS && !learned.containsKey(key)) {
            return;
        }
        Usage usage = answer.usage();
        long input = usage.get(Count.IMAGE_INPUT, 0) + usage.get(Count.AUDIO_INPUT, 0) > 0
                ? 0
                : usage.get(Count.INPUT, 0) - usage.get(Count.TOOL_PROMPT, 0);
        long output = usage.get(Count.OUTPUT, 0)
                - usage.get(Count.REASONING, 0)
                - usage.get(Count.IMAGE_OUTPUT, 0)
                - usage.get(Count.AUDIO_OUTPUT, 0);
        long made = answer.deliveredBytes() - (usage.get(Count.REASONING, 0) > 0 ? reasoningBytes : 0);
        learned.merge(
                key,
                new Learned(Mean.NOTHING.with(requestBytes, input), Mean.NOTHING.with(made, output)),
                (known, first) -> new Learned(known.input.with(requestBytes, input), known.output.with(made, output)));
    }

    /** Returns whether enough answers of a model of an upstream have been learned of. */
    public boolean isLearned(String upstream, String model) {
        Learned known = learned.getOrDefault(new Key(upstream, model), Learned.NOTHING);
        return known.input.isEnough() && known.output.isEnough();
    }

    /** Returns what is known of a model of an upstream, and what is assumed where that is too little. */
    public TokenRatio of(String upstream, String model) {
        Learned known = learned.getOrDefault(new Key(upstream, model), Learned.NOTHING);
        TokenRatio assumed = TokenRatio.ASSUMED;
        return new TokenRatio(
                known.input.isEnough() ? known.input.bytesPerToken : assumed.input(),
                known.output.isEnough() ? known.output.bytesPerToken : assumed.output(),
                known.input.isEnough() || known.output.isEnough());
    }
}
