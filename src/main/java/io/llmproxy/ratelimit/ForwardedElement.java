package io.llmproxy.ratelimit;

import java.util.Optional;

/** Reads what one proxy wrote in {@code Forwarded}: pairs such as {@code for="[2001:db8::1]:4711";proto=https}. */
final class ForwardedElement {
    private final String text;
    private int at;

    private ForwardedElement(String text) {
        this.text = text;
    }

    /** Returns the value of {@code for} without quotes; empty unless there is just one, and the pairs are well formed. */
    static Optional<String> nodeFor(String element) {
        return new ForwardedElement(element).nodeFor();
    }

    private Optional<String> nodeFor() {
        Optional<String> node = Optional.empty();
        for (skip("; \t"); at < text.length(); skip("; \t")) {
            String name = name();
            Optional<String> value = value();
            boolean isNode = name.equalsIgnoreCase("for");
            if (value.isEmpty() || (isNode && node.isPresent())) {
                return Optional.empty();
            }
            node = isNode ? value : node;
        }
        return node;
    }

    /** Reads up to and with the equals sign, or to the end if there is none. */
    private String name() {
        int from = at;
        int equals = text.indexOf('=', from);
        at = equals < 0 ? text.length() : equals + 1;
        return text.substring(from, Math.max(from, equals));
    }

    private Optional<String> value() {
        if (at < text.length() && text.charAt(at) == '"') {
            return quoted();
        }
        int from = at;
        int semicolon = text.indexOf(';', from);
        at = semicolon < 0 ? text.length() : semicolon;
        String value = text.substring(from, at).strip();
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** Reads a string in quotes, behind which the pair has to end. */
    private Optional<String> quoted() {
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 1 : 0;
            if (at < text.length()) {
                value.append(text.charAt(at));
                at++;
            }
        }
        if (at >= text.length()) {
            return Optional.empty();
        }
        at++;
        skip(" \t");
        boolean ended = at == text.length() || text.charAt(at) == ';';
        return ended ? Optional.of(value.toString()) : Optional.empty();
    }

    private void skip(String characters) {
        while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
