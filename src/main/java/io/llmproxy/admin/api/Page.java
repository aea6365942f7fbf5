package io.llmproxy.admin.api;

import io.llmproxy.explain.Explanation;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Lists are told page by page: a cursor says where the page before has ended, so that nothing is told twice. */
final class Page {
    private static final int LIMIT = 50;
    private static final int MOST = 200;

    private Page() {}

    /** How many are wanted. */
    static int limit(@Nullable String text) {
        return (int) number("limit", text, LIMIT, 1, MOST);
    }

    /** Reads a number. */
    static long number(String name, @Nullable String text, long otherwise, long least, long most) {
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Is told below.
        }
        throw Refused.invalid(name, "not a number in the range (expected: " + least + " to " + most + ")");
    }

    /** Says where a page has ended. */
    static String cursor(Explanation last) {
        return cursor(last.at() + " " + last.id());
    }

    /** Says where a page has ended. */
    static String cursor(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Those after the cursor's; all if there is none. */
    static Predicate<Explanation> after(@Nullable String cursor) {
        if (cursor == null) {
            return found -> true;
        }
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            int space = text.indexOf(' ');
            Instant at = Instant.parse(text.substring(0, Math.max(0, space)));
            String id = text.substring(space + 1);
            return found -> found.at().isBefore(at)
                    || (found.at().equals(at) && found.id().compareTo(id) > 0);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw Refused.invalid("cursor", "not valid (expected: `next` of the page before)");
        }
    }

    /** Reads where the page before has ended; null if there is none. */
    static @Nullable String read(@Nullable String cursor) {
        try {
            return cursor == null ? null : new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refused.invalid("cursor", "not valid (expected: `next` of the page before)");
        }
    }
}
