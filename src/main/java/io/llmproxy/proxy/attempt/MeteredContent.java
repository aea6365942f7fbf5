package io.llmproxy.proxy.attempt;

import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** An upstream's answer as it comes, with a meter that looks at each piece before anybody else does. */
record MeteredContent(Content.Source source, AttemptMeter meter) implements Content.Source {
    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = source.read();
        if (chunk != null && !Content.Chunk.isFailure(chunk)) {
            meter.came(chunk);
        }
        return chunk;
    }

    @Override
    public void demand(Runnable callback) {
        source.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }
}
