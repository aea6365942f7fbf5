package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.ModelPattern;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneId;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A limit of a subject.
 *
 * @param subject for which it is set
 * @param config what it is
 */
public record Limit(Subject subject, LimitConfig config) {
    private static final int CODE_BYTES = 8;

    /** What makes two limits the same, whatever their amounts and the names of their subjects: what was used of one is used of the other. */
    record Id(
            Subject.Kind kind,
            String subject,
            Metric metric,
            @Nullable Period per,
            List<ModelPattern> models,
            ZoneId zone) {}

    /** Returns what it is called in a store that nodes share. */
    String key() {
        String models = config.models().stream().map(ModelPattern::text).collect(Collectors.joining(","));
        return String.join(
                ":",
                subject.kind().label(),
                subject.id(),
                config.metric().label(),
                config.periodLabel(),
                config.zoneOrUtc().getId(),
                models);
    }

    /** Names it in addresses: the same on all nodes and after a restart, whatever its amount. */
    public String code() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, CODE_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    Id id() {
        return new Id(subject.kind(), subject.id(), config.metric(), config.per(), config.models(), config.zoneOrUtc());
    }

    /** Returns whether nothing but a larger budget, or another day, helps a client that has used it up. */
    public boolean isBudget() {
        Period per = config.per();
        return per != null && per.isWindow();
    }

    /** Returns what it allows, such as {@code 100 requests per minute}. */
    public String text() {
        String amount = java.math.BigDecimal.valueOf(config.amount())
                .stripTrailingZeros()
                .toPlainString();
        String what = switch (config.metric()) {
            case REQUESTS -> " requests";
            case INPUT -> " input tokens";
            case OUTPUT -> " output tokens";
            case TOTAL -> " tokens";
            case COST -> " of cost";
            case CONCURRENT -> " requests at the same time";
        };
        Period per = config.per();
        if (per == null) {
            return amount + what;
        }
        return amount
                + what
                + (per == Period.TOTAL ? " in total" : " per " + per.name().toLowerCase(Locale.ROOT));
    }
}
