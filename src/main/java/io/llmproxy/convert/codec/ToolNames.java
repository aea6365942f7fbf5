package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.Turn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of tools as an upstream takes them, and the way back. */
public final class ToolNames {
    private static final int LONGEST = 64;
    private static final int LONGEST_IN_GEMINI = 128;
    private static final int KEPT = 55;
    private static final int DIGITS = 8;

    private final Dialect target;
    private final Map<String, Origin> origins = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();

    /** What the client calls a tool. */
    public record Origin(@Nullable String namespace, String name, boolean custom) {}

    /** Makes the names for the tools of a request, and for those that its history asked for. */
    public ToolNames(Dialect target, List<Tool> tools, List<Turn> turns) {
        this.target = target;
        for (Tool tool : tools) {
            if (tool instanceof Tool.Function function) {
                add(new Origin(function.namespace(), function.name(), false));
            } else if (tool instanceof Tool.Custom custom) {
                add(new Origin(custom.namespace(), custom.name(), true));
            }
        }
        for (Turn turn : turns) {
            for (Part part : turn.parts()) {
                if (part instanceof Part.ToolCall call) {
                    add(new Origin(call.namespace(), call.name(), call.custom()));
                }
            }
        }
    }

    /** Returns whether the upstream knows tools that take plain text: it was told of them as that, and calls them so. */
    public boolean areCustomKnown() {
        return target == Dialect.RESPONSES;
    }

    /** Returns the upstream's name for a tool. */
    public String up(@Nullable String namespace, String name) {
        String known = names.get(flat(namespace, name));
        return known != null ? known : fit(flat(namespace, name));
    }

    /** Returns what the client calls the tool that an upstream names. */
    public Origin down(String name) {
        Origin origin = origins.get(name);
        return origin != null ? origin : new Origin(null, name, false);
    }

    private void add(Origin origin) {
        String flat = flat(origin.namespace(), origin.name());
        if (names.containsKey(flat)) {
            return;
        }
        String name = fit(flat);
        if (origins.containsKey(name)) {
            name = hashed(name, flat);
        }
        names.put(flat, name);
        origins.put(name, origin);
    }

    /** Returns the one name that stands for a name in a namespace. */
    static String flat(@Nullable String namespace, String name) {
        return namespace == null || namespace.isEmpty() ? name : namespace + "__" + name;
    }

    private String fit(String name) {
        StringBuilder fitting = new StringBuilder(name.length() + 1);
        for (int index = 0; index < name.length(); index++) {
            char next = name.charAt(index);
            if (index == 0 && target == Dialect.GEMINI && !isFirstInGemini(next)) {
                fitting.append('_');
            }
            fitting.append(isGood(next) ? next : '_');
        }
        int longest = target == Dialect.GEMINI ? LONGEST_IN_GEMINI : LONGEST;
        String clean = fitting.toString();
        return clean.equals(name) && clean.length() <= longest ? name : hashed(clean, name);
    }

    private static String hashed(String clean, String name) {
        return clean.substring(0, Math.min(KEPT, clean.length())) + "_" + Hash.hex(name, DIGITS);
    }

    private boolean isGood(char next) {
        return isLetter(next)
                || (next >= '0' && next <= '9')
                || next == '_'
                || next == '-'
                || (target == Dialect.GEMINI && (next == '.' || next == ':'));
    }

    private static boolean isFirstInGemini(char next) {
        return isLetter(next) || next == '_';
    }

    private static boolean isLetter(char next) {
        return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
    }
}
