package io.llmproxy.route;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tries every pattern on every path and compares those that match one by one: slow, and nothing shared with what it
 * checks. It knows expressions without slashes and braces only.
 */
final class NaiveRouter {
    private final List<String> patterns;

    NaiveRouter(List<String> patterns) {
        this.patterns = patterns;
    }

    @Nullable String lookup(String path) {
        String best = null;
        for (String pattern : matching(path)) {
            if (best == null || isBetter(pattern, best)) {
                best = pattern;
            }
        }
        return best;
    }

    List<String> matching(String path) {
        return patterns.stream()
                .filter(pattern -> path.matches(toRegex(pattern)))
                .toList();
    }

    private static String toRegex(String pattern) {
        List<String> segments = segments(pattern);
        StringBuilder regex = new StringBuilder();
        for (int index = 0; index < segments.size(); index++) {
            String segment = segments.get(index);
            boolean last = index == segments.size() - 1;
            regex.append('/').append(toRegex(segment, last));
        }
        return regex.toString();
    }

    private static String toRegex(String segment, boolean last) {
        return switch (kind(segment, last)) {
            case 0 -> Pattern.quote(segment);
            case 1 -> segment.replaceAll("\\{(?:[a-z]*:)?(.*)}", "(?:$1)");
            case 4 -> Pattern.quote(segment.replace("*", "")) + ".*";
            default -> "[^/]+";
        };
    }

    private static int kind(String segment, boolean last) {
        if (segment.contains("{")) {
            return 1;
        }
        if (segment.startsWith(":")) {
            return 2;
        }
        if (!segment.contains("*")) {
            return 0;
        }
        return last ? 4 : 3;
    }

    static boolean isBetter(String one, String other) {
        if (statics(one) != statics(other)) {
            return statics(one) > statics(other);
        }
        List<Integer> kinds = kinds(one);
        List<Integer> otherKinds = kinds(other);
        for (int index = 0; index < Math.min(kinds.size(), otherKinds.size()); index++) {
            int difference = kinds.get(index) - otherKinds.get(index);
            if (difference != 0) {
                return difference < 0;
            }
        }
        return length(one) > length(other);
    }

    private static long statics(String pattern) {
        return kinds(pattern).stream().filter(kind -> kind == 0).count();
    }

    private static List<Integer> kinds(String pattern) {
        List<String> segments = segments(pattern);
        List<Integer> kinds = new ArrayList<>();
        for (int index = 0; index < segments.size(); index++) {
            kinds.add(kind(segments.get(index), index == segments.size() - 1));
        }
        return kinds;
    }

    /** The text without slashes, names and asterisks. */
    private static int length(String pattern) {
        return pattern.replaceAll("\\{[a-z]*:", "{")
                .replaceAll("/:[a-z]", "/")
                .replaceAll("/\\*", "/")
                .replaceAll("\\*$", "")
                .replaceAll("[/{}]", "")
                .length();
    }

    private static List<String> segments(String pattern) {
        return List.of(pattern.substring(1).split("/", -1));
    }
}
