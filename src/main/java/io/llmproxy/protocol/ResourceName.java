package io.llmproxy.protocol;

/**
 * The name by which a body names the model of its path once more: as the path has it, or as Google's clients do, with its
 * collection before it.
 */
public final class ResourceName {
    private static final String MODELS = "models/";
    private static final String TUNED = "tunedModels/";

    private ResourceName() {}

    /**
     * Returns whether a name in a body means the model of the path.
     *
     * @param model what {@link ModelPath#model} says
     */
    public static boolean isOf(String name, String model) {
        return name.equals(model)
                || (name.length() == MODELS.length() + model.length()
                        && name.startsWith(MODELS)
                        && name.endsWith(model));
    }

    /** Returns the name of another model, written as one in a body is: with its collection only if that has one. */
    public static String like(String name, String model) {
        boolean collection = name.startsWith(MODELS) || name.startsWith(TUNED);
        return collection && !model.startsWith(TUNED) ? MODELS + model : model;
    }
}
