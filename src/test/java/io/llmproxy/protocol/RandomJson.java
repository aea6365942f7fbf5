package io.llmproxy.protocol;

import java.util.SplittableRandom;

/** JSON at random, in which the members that say a model are frequent. */
final class RandomJson {
    private static final String[] NAMES = {
        "model", "mod\\u0065l", "modelVersion", "response", "message", "a", "models", "stream", "\\u00e4", "Model", ""
    };
    private static final String[] STRINGS = {
        "",
        "m",
        "gpt-4o",
        "a\\\"b\\\\",
        "\\u0041\\n",
        "\u00e4\u20ac\uD83D\uDE00",
        "\\\"model\\\":\\\"x\\\"",
        "long text of some length"
    };
    private static final String[] SCALARS = {"0", "-1.5e+10", "1E2", "true", "false", "null"};
    private static final String[] SPACES = {"", "", "", " ", "\n", "\t\r\n"};

    private final SplittableRandom random;
    private final String[] spaces;
    private final StringBuilder json = new StringBuilder();

    private RandomJson(SplittableRandom random, String... spaces) {
        this.random = random;
        this.spaces = spaces;
    }

    static String object(SplittableRandom random) {
        RandomJson made = new RandomJson(random, SPACES);
        made.members(0);
        return made.json.toString();
    }

    /** An object on one line. */
    static String line(SplittableRandom random) {
        RandomJson made = new RandomJson(random, "", "", " ");
        made.members(0);
        return made.json.toString();
    }

    private void members(int depth) {
        json.append('{').append(one(spaces));
        for (int count = random.nextInt(4), index = 0; index < count; index++) {
            json.append(index == 0 ? "" : ",").append(one(spaces));
            json.append('"').append(one(NAMES)).append('"').append(one(spaces)).append(':');
            value(depth + 1);
        }
        json.append('}').append(one(spaces));
    }

    private void elements(int depth) {
        json.append('[').append(one(spaces));
        for (int count = random.nextInt(3), index = 0; index < count; index++) {
            json.append(index == 0 ? "" : ",");
            value(depth + 1);
        }
        json.append(']').append(one(spaces));
    }

    private void value(int depth) {
        json.append(one(spaces));
        int kind = random.nextInt(depth > 4 ? 3 : 6);
        switch (kind) {
            case 0, 1 -> json.append('"').append(one(STRINGS)).append('"');
            case 2 -> json.append(one(SCALARS));
            case 3 -> elements(depth);
            default -> members(depth);
        }
        json.append(one(spaces));
    }

    private String one(String... of) {
        return of[random.nextInt(of.length)];
    }
}
