package io.llmproxy.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Google's APIs make of a body that names a model, beside the paths that name one: at AI Studio and at Vertex AI. */
public final class GoogleResource {
    /** The second spelling is as good as the first. */
    private static final String[] BASE = {"baseModel", "base_model"};

    private static final List<GoogleResource> ALL = List.of(
            new GoogleResource("/cachedContents", true, "model"),
            new GoogleResource("/tunedModels", false, BASE),
            new GoogleResource("/tuningJobs", false, BASE),
            new GoogleResource("/batchPredictionJobs", false, "model"));

    private final String collection;
    private final boolean required;
    private final ModelPlace place;

    private GoogleResource(String collection, boolean required, String... names) {
        this.collection = collection;
        this.required = required;
        this.place = new ModelPlace(List.of(names), List.of());
    }

    /**
     * Returns what a request for a path makes.
     *
     * @param path the request's path, with or without a base before the part that is known
     * @return the resource, or null if it is none of these
     */
    public static @Nullable GoogleResource of(String path) {
        for (GoogleResource resource : ALL) {
            if (path.endsWith(resource.collection)) {
                return resource;
            }
        }
        return null;
    }

    /** Whether the body has to name a model. */
    public boolean isRequired() {
        return required;
    }

    /** Returns a reader of the body. */
    public ModelReader reader() {
        return new JsonModelReader(place);
    }
}
