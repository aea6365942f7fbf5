package io.llmproxy.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The first line and the headers of an HTTP/1.1 message, as they came over the wire. */
public record Head(String startLine, List<Field> fields) {
    private static final int LONGEST_LINE = 1 << 20;

    public Head {
        fields = List.copyOf(fields);
    }

    /** One header line. */
    public record Field(String name, String value) {}

    /** Reads a head up to and with its empty line. */
    static Head read(InputStream in) throws IOException {
        String startLine = line(in);
        List<Field> fields = new ArrayList<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                throw new IOException("not a header line: " + line);
            }
            fields.add(new Field(
                    line.substring(0, colon), line.substring(colon + 1).strip()));
        }
        return new Head(startLine, fields);
    }

    /** Reads one line without its end. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || line.length() > LONGEST_LINE) {
                throw new EOFException("the peer ended within a line: " + line);
            }
            line.append((char) next);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }

    /** The values of a header, one for each line, in their order. */
    public List<String> values(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    /** The value of a header that should be there at most once. */
    public Optional<String> value(String name) {
        return values(name).stream().findFirst();
    }

    /** Whether there is such a header. */
    public boolean has(String name) {
        return !values(name).isEmpty();
    }

    /** The status of an answer. */
    public int status() {
        return Integer.parseInt(startLine.split(" ", 3)[1]);
    }

    /** The method of a request. */
    public String method() {
        return startLine.split(" ", 3)[0];
    }

    /** The target of a request, query and all. */
    public String target() {
        return startLine.split(" ", 3)[1];
    }

    /** The target of a request without its query. */
    public String path() {
        return target().split("\\?", 2)[0];
    }

    boolean chunked() {
        return value("Transfer-Encoding")
                .map(value -> value.toLowerCase(Locale.ROOT).contains("chunked"))
                .orElse(false);
    }

    byte[] bytes() {
        StringBuilder text = new StringBuilder(startLine).append("\r\n");
        fields.forEach(field ->
                text.append(field.name()).append(": ").append(field.value()).append("\r\n"));
        return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
