package io.llmproxy.net;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the text of one pattern into segments, or refuses it with a reason. */
final class PatternParser {
    private static final java.util.regex.Pattern NAME = java.util.regex.Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");

    private final String text;

    PatternParser(String text) {
        this.text = text;
    }

    /** @throws BadPatternException if the text is not a pattern */
    List<Segment> parse() {
        if (!text.startsWith("/")) {
            throw refusal("a leading slash");
        }
        List<Segment> segments = new ArrayList<>();
        int from = 1;
        while (from <= text.length()) {
            int end = segmentEnd(from);
            segments.add(segment(text.substring(from, end), end == text.length()));
            from = end + 1;
        }
        return List.copyOf(segments);
    }

    /** Returns where a segment ends: an expression in braces may have slashes in it. */
    private int segmentEnd(int from) {
        int index = from;
        while (index < text.length() && text.charAt(index) != '/') {
            index = text.charAt(index) == '{' ? closingBrace(text, index) + 1 : index + 1;
        }
        return index;
    }

    private Segment segment(String segment, boolean last) {
        if (segment.indexOf('{') >= 0) {
            return regex(segment);
        }
        if (segment.startsWith(":")) {
            return param(segment.substring(1));
        }
        int asterisk = segment.indexOf('*');
        if (asterisk < 0) {
            return new Segment.Static(literal(segment));
        }
        if (last && asterisk == segment.length() - 1) {
            return new Segment.Rest(literal(segment.substring(0, asterisk)));
        }
        if (segment.length() > 1) {
            throw refusal("`*` alone in its segment, or at the very end");
        }
        return new Segment.Wildcard();
    }

    private Segment param(String name) {
        if (!NAME.matcher(name).matches()) {
            throw refusal("a name of letters, digits and `_` `.` `-` after `:`");
        }
        return new Segment.Param();
    }

    /** Makes one expression of all that a segment with braces consists of. */
    private Segment regex(String segment) {
        StringBuilder whole = new StringBuilder();
        int from = 0;
        for (int open = segment.indexOf('{'); open >= 0; open = segment.indexOf('{', from)) {
            int close = closingBrace(segment, open);
            String expression = withoutName(segment.substring(open + 1, close));
            // By itself too: an unbalanced parenthesis may fit the ones that are put around it.
            compile(expression);
            whole.append(Pattern.quote(literal(segment.substring(from, open))));
            whole.append("(?:").append(expression).append(')');
            from = close + 1;
        }
        return new Segment.Regex(compile(
                whole.append(Pattern.quote(literal(segment.substring(from)))).toString()));
    }

    private String withoutName(String braced) {
        int colon = braced.indexOf(':');
        boolean named = colon == 0
                || (colon > 0 && NAME.matcher(braced.substring(0, colon)).matches());
        String expression = named ? braced.substring(colon + 1) : braced;
        if (expression.isEmpty()) {
            throw refusal("an expression in the braces");
        }
        return expression;
    }

    private Pattern compile(String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new BadPatternException(text, "an expression of RE2, " + reason(e), e);
        }
    }

    private static String reason(PatternSyntaxException e) {
        return e.getDescription().toLowerCase(Locale.ROOT) + " in `" + e.getPattern() + '`';
    }

    private String literal(String literal) {
        if (literal.indexOf('}') >= 0) {
            throw refusal("an opening brace before the closing one");
        }
        if (literal.indexOf('?') >= 0 || literal.indexOf('#') >= 0) {
            throw refusal("a path without query and fragment");
        }
        return literal;
    }

    /** Returns where the brace is closed that is opened at an index; those in a class of characters do not count. */
    private int closingBrace(String in, int open) {
        int depth = 0;
        boolean inClass = false;
        for (int index = open; index < in.length(); index++) {
            switch (in.charAt(index)) {
                case '\\' -> index++;
                case '[' -> inClass = true;
                case ']' -> inClass = false;
                case '{' -> depth += inClass ? 0 : 1;
                case '}' -> depth -= inClass ? 0 : 1;
                default -> {}
            }
            if (depth == 0) {
                return index;
            }
        }
        throw refusal("a closing brace for each opening one");
    }

    private BadPatternException refusal(String expected) {
        return new BadPatternException(text, expected, null);
    }
}
