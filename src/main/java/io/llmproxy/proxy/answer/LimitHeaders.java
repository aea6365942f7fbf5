package io.llmproxy.proxy.answer;

import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.quota.Standing;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a client how much is left of its limits, in the words of the API that it speaks. Of several limits of one thing, the headers show
 * the one with the smallest part left. Google's API has no such headers.
 */
final class LimitHeaders {
    private static final String OPENAI = "x-ratelimit-";
    private static final String ANTHROPIC = "anthropic-ratelimit-";

    private LimitHeaders() {}

    /** Whether there is anything to tell: then an upstream's figures, which are those of a key of ours, are not passed on. */
    static boolean speaks(Exchange exchange) {
        for (Standing standing : exchange.limits().limits()) {
            if (isTold(standing)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a header is one in which an upstream tells such figures. */
    static boolean isOne(String lowerCaseName) {
        return lowerCaseName.startsWith(OPENAI) || lowerCaseName.startsWith(ANTHROPIC);
    }

    /** Adds what is to be told to the head of an answer. */
    static void tell(Exchange exchange) {
        if (exchange.limits().limits().isEmpty()) {
            return;
        }
        HttpServletResponse clientResponse = exchange.clientResponse();
        switch (exchange.dialect()) {
            case OPENAI, RESPONSES -> {
                inWordsOfOpenAi(clientResponse, "requests", tightest(exchange, Metric.REQUESTS));
                inWordsOfOpenAi(clientResponse, "tokens", tightest(exchange, Metric.TOTAL));
            }
            case ANTHROPIC -> {
                Instant now = Instant.ofEpochMilli(exchange.limits().at().millis());
                inWordsOfAnthropic(clientResponse, "requests", tightest(exchange, Metric.REQUESTS), now);
                inWordsOfAnthropic(clientResponse, "tokens", tightest(exchange, Metric.TOTAL), now);
                inWordsOfAnthropic(clientResponse, "input-tokens", tightest(exchange, Metric.INPUT), now);
                inWordsOfAnthropic(clientResponse, "output-tokens", tightest(exchange, Metric.OUTPUT), now);
            }
            case GEMINI -> {}
        }
    }

    private static boolean isTold(Standing standing) {
        Metric metric = standing.limit().config().metric();
        return standing.limit().config().mode() == Mode.ENFORCE
                && standing.limit().config().per() != Period.TOTAL
                && metric != Metric.COST
                && metric != Metric.CONCURRENT;
    }

    private static @Nullable Standing tightest(Exchange exchange, Metric metric) {
        Standing tightest = null;
        for (Standing each : exchange.limits().limits()) {
            if (isTold(each)
                    && each.limit().config().metric() == metric
                    && (tightest == null || each.leftPart() < tightest.leftPart())) {
                tightest = each;
            }
        }
        return tightest;
    }

    private static void inWordsOfOpenAi(HttpServletResponse clientResponse, String what, @Nullable Standing standing) {
        if (standing != null) {
            clientResponse.setHeader(OPENAI + "limit-" + what, Long.toString(standing.size()));
            clientResponse.setHeader(OPENAI + "remaining-" + what, Long.toString(standing.left()));
            long millis = TimeUnit.NANOSECONDS.toMillis(standing.untilFull());
            clientResponse.setHeader(OPENAI + "reset-" + what, duration(millis));
        }
    }

    /** As OpenAI writes it, such as {@code 250ms}, {@code 7.66s} or {@code 6m0s}. */
    static String duration(long millis) {
        if (millis < TimeUnit.SECONDS.toMillis(1)) {
            return millis + "ms";
        }
        if (millis < TimeUnit.MINUTES.toMillis(1)) {
            return String.format(Locale.ROOT, "%.2fs", millis / 1000.0);
        }
        Duration rounded = Duration.ofSeconds((millis + 999) / 1000);
        String rest = rounded.toMinutesPart() + "m" + rounded.toSecondsPart() + "s";
        return rounded.toHours() == 0 ? rest : rounded.toHours() + "h" + rest;
    }

    private static void inWordsOfAnthropic(
            HttpServletResponse clientResponse, String what, @Nullable Standing standing, Instant now) {
        if (standing != null) {
            String name = ANTHROPIC + what + '-';
            clientResponse.setHeader(name + "limit", Long.toString(standing.size()));
            clientResponse.setHeader(name + "remaining", Long.toString(standing.left()));
            Instant full = now.plusNanos(standing.untilFull()).truncatedTo(ChronoUnit.SECONDS);
            clientResponse.setHeader(name + "reset", full.toString());
        }
    }
}
