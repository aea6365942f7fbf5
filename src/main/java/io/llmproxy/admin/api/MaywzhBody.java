package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.admin.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How bodies and ids of {@link MaywzhApi} are read. */
final class MaywzhBody {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");

    private MaywzhBody() {}

    /** Refuses members that have no meaning: nothing is lost in silence. */
    static void only(ObjectNode body, List<String> members) {
        body.fieldNames().forEachRemaining(name -> {
            if (!members.contains(name)) {
                throw Refused.invalid(
                        name,
                        "unknown (expected: "
                                + String.join(", ", members.stream().sorted().toList()) + ")");
            }
        });
    }

    /** A text that must be there. */
    static String text(ObjectNode body, String member, String missing) {
        String text = optional(body, member);
        if (text == null || text.isBlank()) {
            throw Refused.invalid(member, missing);
        }
        return text;
    }

    /** A text; null for none. */
    static @Nullable String optional(ObjectNode body, String member) {
        JsonNode value = body.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw Refused.invalid(member, "not a string (expected: a string)");
        }
        return value.asText();
    }

    /** A whole number; null for none. */
    static @Nullable Integer number(ObjectNode body, String member, int least, int most) {
        JsonNode value = body.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
            throw Refused.invalid(member, "not valid (expected: " + least + " to " + most + ")");
        }
        return value.asInt();
    }

    /** Yes or no. */
    static boolean flag(ObjectNode body, String member, boolean otherwise) {
        JsonNode value = body.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw Refused.invalid(member, "not valid (expected: true or false)");
        }
        return value.asBoolean();
    }

    /** A list of texts; empty for none. */
    static List<String> texts(ObjectNode body, String member) {
        JsonNode value = body.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        value.forEach(item -> texts.add(item.isTextual() ? item.asText() : ""));
        if (!value.isArray() || texts.contains("")) {
            throw Refused.invalid(member, "not valid (expected: a list of texts)");
        }
        return texts;
    }

    /** A list of numbers; empty for none. */
    static List<Long> numbers(ObjectNode body, String member, int most) {
        JsonNode value = body.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        List<Long> numbers = new ArrayList<>();
        value.forEach(item -> numbers.add(item.asLong(-1)));
        if (!value.isArray() || numbers.size() > most || numbers.contains(-1L)) {
            throw Refused.invalid(member, "not valid (expected: a list of at most " + most + " numbers)");
        }
        return numbers;
    }

    /** The name that an id stands for: a number, or the name itself, as older releases of that system have it. */
    static @Nullable String named(Numbers numbers, Numbers.Kind kind, String id) {
        return NUMBER.matcher(id).matches()
                ? numbers.name(kind, Long.parseLong(id)).orElse(null)
                : id;
    }
}
