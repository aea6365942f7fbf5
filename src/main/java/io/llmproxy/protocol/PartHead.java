package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a part of a form say.
 *
 * @param name the field's name
 * @param file whether the part is a file
 * @param plain whether the value is written as it is
 */
record PartHead(String name, boolean file, boolean plain) {
    private static final Pattern LINE_END = Pattern.compile("\r\n");
    private static final Pattern LINE = Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\\x20-\\x7e\\x80-\\xff]*)");
    private static final Set<String> PLAIN = Set.of("7bit", "8bit", "binary");

    /**
     * Reads the lines of headers.
     *
     * @param lines the lines without the empty one that ends them
     * @return what they say, or null if they are not those of a form's part or could be read in several ways
     */
    static @Nullable PartHead parse(byte[] lines) {
        HeaderValue disposition = null;
        boolean plain = true;
        for (String line : LINE_END.split(new String(lines, ISO_8859_1), -1)) {
            var matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                return null;
            }
            String value = matcher.group(2).strip();
            switch (matcher.group(1).toLowerCase(Locale.ROOT)) {
                case "content-disposition" -> {
                    boolean again = disposition != null;
                    disposition = HeaderValue.parse(value);
                    if (again || disposition == null) {
                        return null;
                    }
                }
                case "content-transfer-encoding" -> plain &= PLAIN.contains(value.toLowerCase(Locale.ROOT));
                default -> {}
            }
        }
        return disposition == null ? null : of(disposition, plain);
    }

    private static @Nullable PartHead of(HeaderValue disposition, boolean plain) {
        String name = disposition.parameter("name");
        if (name == null
                || name.indexOf('\\') >= 0
                || !disposition.type().equals("form-data")
                || disposition.parameter("name*") != null) {
            return null;
        }
        boolean file = disposition.parameter("filename") != null || disposition.parameter("filename*") != null;
        return new PartHead(name, file, plain);
    }
}
