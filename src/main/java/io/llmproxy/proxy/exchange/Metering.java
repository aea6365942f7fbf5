package io.llmproxy.proxy.exchange;

import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UsageMode;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.usage.Prices;
import io.llmproxy.usage.TokenRatios;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What it takes to say what attempts used: how long tokens are, what models cost, which upstreams tell nothing if they are asked, and
 * the logs of attempts and of bodies. What was learned outlives the configuration.
 */
public final class Metering {
    private static final Logger LOG = LoggerFactory.getLogger(Metering.class);

    private final TokenRatios ratios;
    private final Unwilling unwilling;
    private final Prices prices;
    private final AttemptLog log;
    private final BodyLog bodies;

    private Metering(TokenRatios ratios, Unwilling unwilling, Prices prices, AttemptLog log, BodyLog bodies) {
        this.ratios = ratios;
        this.unwilling = unwilling;
        this.prices = prices;
        this.log = log;
        this.bodies = bodies;
    }

    /** Makes one that has learned nothing yet. */
    public static Metering start() {
        return new Metering(new TokenRatios(), new Unwilling(), Prices.NONE, AttemptLog.NONE, BodyLog.NONE);
    }

    /** Returns one with other prices and other logs that knows what this one has learned, and goes on to learn with it. */
    public Metering with(Prices next, AttemptLog keeper, BodyLog recorder) {
        return new Metering(ratios, unwilling, next, keeper, recorder);
    }

    /** Whether answers of an upstream are read. */
    public static boolean reads(UpstreamConfig config) {
        return config.usage() != UsageMode.OFF;
    }

    /** Whether an upstream is asked to tell usage in the stream of a chat. */
    public boolean asks(Upstream upstream) {
        UpstreamConfig config = upstream.config();
        boolean asks = switch (config.usage()) {
            case ASK -> true;
            case READ, OFF -> false;
            // Their documents have the option. Of the others some answer 400, and it is not known which.
            case AUTO ->
                switch (config.provider()) {
                    case OPENAI, AZURE_OPENAI, VLLM, OLLAMA -> true;
                    case ANTHROPIC, GEMINI, VERTEX, CUSTOM -> false;
                };
        };
        return asks && !unwilling.has(config.url(), System.nanoTime());
    }

    /**
     * An upstream is not to be asked for now.
     *
     * @param why for the log
     */
    public void refused(Upstream upstream, String why) {
        if (unwilling.add(upstream.config().url(), System.nanoTime())) {
            LOG.warn(
                    "upstream {}: it {}; the usage of its streams is not asked for for an hour, and is estimated where it is not told"
                            + " (say usage: read if it is to stay so)",
                    upstream.name(),
                    why);
        }
    }

    public TokenRatios ratios() {
        return ratios;
    }

    public Prices prices() {
        return prices;
    }

    public AttemptLog log() {
        return log;
    }

    /** Keeps bodies, where that is asked for. */
    public BodyLog bodies() {
        return bodies;
    }
}
