package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/** What one of the first events of a stream amounts to. */
final class OpeningEvent {
    private final LifecycleRules rules;
    private final ErrorLeaves errors = new ErrorLeaves();
    private boolean allowed = true;
    private boolean identified;
    private boolean legible = true;

    private OpeningEvent(LifecycleRules rules) {
        this.rules = rules;
    }

    /** Reads an event's data. */
    static OpeningEvent of(LifecycleRules rules, byte[] data) {
        OpeningEvent event = new OpeningEvent(rules);
        event.legible = JsonLeaves.read(data, event::leaf);
        return event;
    }

    /** Whether the event is known to say only that the answer has begun. */
    boolean isLifecycle() {
        return legible && allowed && identified && errors.error() == null;
    }

    /** Returns the error that the event tells; null if it tells none. */
    @Nullable ToldError error() {
        return legible ? errors.error() : null;
    }

    private void leaf(String path, String value) {
        allowed &= rules.allow(path, value);
        identified |= rules.identifies(path);
        errors.take(path, value);
    }
}
