package io.llmproxy.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name by which a body names the model of its path once more: as the path has it, or as Google's clients do, with its
 * collection before it.
 */
public final class ResourceName {
    private static final String MODELS = "models/";
    private static final String TUNED = "tunedModels/";

    /** What stands before a model's id in all ways in which Google's clients write its name. */
    private static final Pattern COLLECTION =
            Pattern.compile("(?:(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/)?models/(?=.)");

    private ResourceName() {}

    /**
     * Returns whether a name in a body means the model of the path.
     *
     * @param model what {@link ModelPath#model} says
     */
    public static boolean isOf(String name, String model) {
        return name.equals(model) || id(name).equals(model);
    }

    /**
     * Returns the name of a model without its collection, as the path has it: {@code x} for {@code models/x} and for
     * {@code projects/p/locations/l/publishers/google/models/x}. Other names stay as they are.
     */
    public static String id(String name) {
        return name.substring(idStart(name));
    }

    private static int idStart(String name) {
        Matcher collection = COLLECTION.matcher(name);
        return collection.lookingAt() ? collection.end() : 0;
    }

    /** Returns the name of another model, written as one in a body is: with its collection only if that has one. */
    public static String like(String name, String model) {
        if (model.startsWith(TUNED) || idStart(model) > 0) {
            return model;
        }
        return (name.startsWith(TUNED) ? MODELS : name.substring(0, idStart(name))) + model;
    }
}
