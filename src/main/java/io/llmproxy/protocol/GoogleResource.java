package io.llmproxy.protocol;

import java.util.List;

/** What Google's APIs make of a body that names a model, beside the paths that name one: at AI Studio and at Vertex AI. */
public final class GoogleResource {
    /** The second spelling is as good as the first. */
    private static final String[] BASE = {"baseModel", "base_model"};

    private static final GoogleResource CACHE = new GoogleResource(true, "model");
    private static final GoogleResource TUNING = new GoogleResource(false, BASE);
    private static final GoogleResource PREDICTION = new GoogleResource(false, "model");

    private final boolean required;
    private final ModelPlace place;

    private GoogleResource(boolean required, String... names) {
        this.required = required;
        this.place = new ModelPlace(List.of(names), List.of());
    }

    /**
     * Returns what a request makes.
     *
     * @throws IllegalArgumentException if it is none of these resources, see {@link ModelPath.Place#RESOURCE}
     */
    public static GoogleResource of(Endpoint endpoint) {
        return switch (endpoint) {
            case CACHES -> CACHE;
            case TUNED_MODELS, TUNING_JOBS -> TUNING;
            case PREDICTION_JOBS -> PREDICTION;
            default -> throw new IllegalArgumentException(endpoint + " makes no resource");
        };
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
