package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;

/** What the model wrote for a custom tool, which upstreams are told of as a function that takes one string. */
public final class CustomInput {
    private CustomInput() {}

    /**
     * Returns the model's text.
     *
     * @param custom whether the upstream knows custom tools, so that the text stands for itself
     * @param arguments what the upstream tells
     */
    public static String of(boolean custom, String arguments) {
        if (custom) {
            return arguments;
        }
        Json.Obj object = JsonReader.object(arguments);
        String input = object == null ? null : object.string("input");
        return input == null ? arguments : input;
    }
}
