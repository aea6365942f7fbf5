package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Opaque;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Carries the opaque state of one provider through a client of another dialect, in the place that this dialect has for
 * its own: {@code lpx1.<family>.<base64url of JSON>}.
 *
 * @param opaque the state
 * @param text the words that belong to it, where the provider wants to see them again; null if it does not
 */
public record Envelope(Opaque opaque, @Nullable String text) {
    private static final String MARK = "lpx1.";

    /** Returns the envelope as text. */
    public String seal() {
        Json.Obj inside = new Json.Obj()
                .put("p", opaque.family())
                .put("k", opaque.kind().name().toLowerCase(Locale.ROOT))
                .put("v", opaque.value())
                .put("t", text);
        return MARK
                + opaque.family()
                + '.'
                + Base64.getUrlEncoder().withoutPadding().encodeToString(inside.bytes());
    }

    /** Returns whether a text claims to be an envelope. */
    public static boolean isOne(String text) {
        return text.startsWith(MARK);
    }

    /** Returns the envelopes that a text holds, several divided by spaces; none if it is something else. */
    public static List<Envelope> openAll(String text) {
        List<Envelope> envelopes = new ArrayList<>(1);
        for (String one : text.split(" ", -1)) {
            Envelope envelope = open(one);
            if (envelope == null) {
                return List.of();
            }
            envelopes.add(envelope);
        }
        return envelopes;
    }

    /** Returns the envelope that a text is, or null if it is none. */
    public static @Nullable Envelope open(String text) {
        int dot = text.lastIndexOf('.');
        if (!isOne(text) || dot < MARK.length()) {
            return null;
        }
        Json.Obj inside = object(text.substring(dot + 1));
        String family = inside == null ? null : inside.string("p");
        String value = inside == null ? null : inside.string("v");
        if (inside == null || family == null || value == null) {
            return null;
        }
        Opaque.Kind kind = kind(inside.string("k", ""));
        return kind == null ? null : new Envelope(new Opaque(family, kind, value), inside.string("t"));
    }

    private static Opaque.@Nullable Kind kind(String word) {
        return switch (word) {
            case "signature" -> Opaque.Kind.SIGNATURE;
            case "redacted" -> Opaque.Kind.REDACTED;
            case "call" -> Opaque.Kind.CALL;
            case "text" -> Opaque.Kind.TEXT;
            default -> null;
        };
    }

    private static Json.@Nullable Obj object(String base64) {
        try {
            return JsonReader.object(new String(Base64.getUrlDecoder().decode(base64), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
