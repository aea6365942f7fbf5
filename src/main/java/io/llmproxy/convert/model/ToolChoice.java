package io.llmproxy.convert.model;

import java.util.List;

/** Whether the model must ask for a tool. */
public sealed interface ToolChoice {
    /** Without a name. */
    enum Mode implements ToolChoice {
        /** As it likes. */
        AUTO,
        /** It must not. */
        NONE,
        /** It must. */
        REQUIRED
    }

    /** This one. */
    record Named(String name) implements ToolChoice {}

    /** Only these, as it likes or surely. */
    record Allowed(boolean required, List<String> names) implements ToolChoice {}
}
