package io.llmproxy.proxy.passage;

import org.eclipse.jetty.io.Content;

/** A stream that can be brought to a good end before its upstream ends it: it does so when its upstream is aborted. */
public interface EndingContent extends Content.Source {
    /** Whether the model has stopped, so that only usage may follow. May be asked on any thread. */
    boolean isEnding();
}
