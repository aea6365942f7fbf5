package io.llmproxy.protocol;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/** Rewrites a whole document that is known to be good, member by member. */
final class NaiveRewriter {
    private static final Set<String> PATHS = Set.of("model", "modelVersion", "response.model", "message.model");

    private final String json;
    private final String value;
    private final StringBuilder rewritten = new StringBuilder();
    private final Deque<String> path = new ArrayDeque<>();
    private int at;
    private boolean inArrayOfDocuments;

    private NaiveRewriter(String json, String value) {
        this.json = json;
        this.value = value;
    }

    static String rewrite(String json, String name) {
        NaiveRewriter naive = new NaiveRewriter(json, JsonText.quote(name));
        naive.copySpaces();
        naive.inArrayOfDocuments = naive.json.charAt(naive.at) == '[';
        naive.value();
        naive.copySpaces();
        return naive.rewritten.toString();
    }

    private void value() {
        copySpaces();
        switch (json.charAt(at)) {
            case '{' -> elements('}', true);
            case '[' -> elements(']', false);
            case '"' -> {
                String string = string();
                rewritten.append(isModel() ? value : string);
            }
            default -> {
                while (at < json.length() && "{}[],: \t\r\n".indexOf(json.charAt(at)) < 0) {
                    copy();
                }
            }
        }
        copySpaces();
    }

    private boolean isModel() {
        String joined = String.join(".", (Iterable<String>) path::descendingIterator);
        return PATHS.contains(inArrayOfDocuments && joined.startsWith("[].") ? joined.substring(3) : joined)
                && (!inArrayOfDocuments || joined.startsWith("[]."));
    }

    private void elements(char close, boolean named) {
        copy();
        copySpaces();
        while (json.charAt(at) != close) {
            String name = "[]";
            if (named) {
                String string = string();
                rewritten.append(string);
                name = JsonText.unescape(string.substring(1, string.length() - 1));
                copySpaces();
                copy();
            }
            path.push(name);
            value();
            path.pop();
            if (json.charAt(at) == ',') {
                copy();
                copySpaces();
            }
        }
        copy();
    }

    private String string() {
        int start = at++;
        while (json.charAt(at) != '"') {
            at += json.charAt(at) == '\\' ? 2 : 1;
        }
        at++;
        return json.substring(start, at);
    }

    private void copySpaces() {
        while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
            copy();
        }
    }

    private void copy() {
        rewritten.append(json.charAt(at++));
    }
}
