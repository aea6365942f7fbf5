package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Unmeasured;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.load.LimitsText;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A limit of a key or a scope in JSON, in the words of the configuration. What is null is not said. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record LimitBody(
        @Nullable String metric,
        @Nullable String per,
        @JsonSerialize(using = Plain.class) @Nullable Double amount,
        @Nullable List<@Nullable String> models,
        @Nullable String zone,
        @Nullable String mode,
        @Nullable String onStoreLoss,
        @JsonSerialize(contentUsing = Plain.class) @Nullable List<@Nullable Double> warnAt,
        @Nullable String unmeasured) {
    /** Writes 2000, not 2000.0 and not 2E+3. */
    static final class Plain extends JsonSerializer<Double> {
        @Override
        public void serialize(Double number, JsonGenerator generator, SerializerProvider provider) throws IOException {
            generator.writeNumber(new BigDecimal(plain(number)));
        }
    }

    static List<LimitBody> of(List<LimitConfig> limits) {
        return limits.stream().map(LimitBody::of).toList();
    }

    static LimitBody of(LimitConfig limit) {
        return new LimitBody(
                limit.metric().label(),
                limit.per() == null ? null : limit.per().label(),
                limit.amount(),
                limit.models().isEmpty()
                        ? null
                        : limit.models().stream().map(ModelPattern::text).toList(),
                limit.zone() == null ? null : limit.zone().getId(),
                lower(limit.mode()),
                limit.onStoreLoss() == null ? null : lower(limit.onStoreLoss()),
                limit.warnAt().isEmpty() ? null : List.copyOf(limit.warnAt()),
                limit.unmeasured() == Unmeasured.ALLOW ? null : lower(limit.unmeasured()));
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Reads limits as those of the configuration are read. */
    static LimitsText.Read read(List<@Nullable LimitBody> limits) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        limits.forEach(limit -> list.add(limit == null ? null : limit.words()));
        return LimitsText.read(list.toString());
    }

    /** As it stands in a configuration, with what is set only. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        put(document, "metric", metric);
        put(document, "per", per);
        put(document, "amount", amount == null ? null : number(amount));
        put(document, "models", models == null || models.isEmpty() ? null : models);
        put(document, "zone", zone);
        put(document, "mode", "enforce".equals(mode) ? null : mode);
        put(document, "on_store_loss", onStoreLoss);
        put(
                document,
                "warn_at",
                warnAt == null || warnAt.isEmpty()
                        ? null
                        : warnAt.stream()
                                .flatMap(Stream::ofNullable)
                                .map(LimitBody::number)
                                .toList());
        put(document, "unmeasured", "allow".equals(unmeasured) ? null : unmeasured);
        return document;
    }

    private static void put(Map<String, Object> document, String name, @Nullable Object value) {
        if (value != null) {
            document.put(name, value);
        }
    }

    private static Number number(double number) {
        BigDecimal exact = BigDecimal.valueOf(number).stripTrailingZeros();
        return exact.scale() <= 0 ? exact.toBigInteger() : exact;
    }

    /** Numbers become texts: as JSON they could have a power of ten, which is no number in a configuration. */
    private ObjectNode words() {
        ObjectNode words = Json.MAPPER.createObjectNode();
        put(words, "metric", metric);
        put(words, "per", per);
        put(words, "amount", amount == null ? null : plain(amount));
        put(words, "zone", zone);
        put(words, "mode", mode);
        put(words, "on_store_loss", onStoreLoss);
        put(words, "unmeasured", unmeasured);
        if (models != null) {
            ArrayNode list = words.putArray("models");
            models.forEach(model -> list.add(Objects.requireNonNullElse(model, "")));
        }
        if (warnAt != null) {
            ArrayNode list = words.putArray("warn_at");
            warnAt.forEach(share -> list.add(share == null ? "" : plain(share)));
        }
        return words;
    }

    private static void put(ObjectNode words, String name, @Nullable String value) {
        if (value != null) {
            words.put(name, value);
        }
    }

    private static String plain(double number) {
        return Double.isInfinite(number)
                ? Double.toString(number)
                : BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
