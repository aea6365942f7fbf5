package io.llmproxy.convert.model;

/** Where an upstream speaks its dialect, as far as paths and a few members depend on it. */
public enum Place {
    /** At its vendor's, or a server that does as its vendor does. */
    NATIVE,
    /** At Vertex AI. */
    VERTEX,
    /** At Azure below a version that is a date: the deployment, which stands for the model, is in the path. */
    DEPLOYMENTS
}
