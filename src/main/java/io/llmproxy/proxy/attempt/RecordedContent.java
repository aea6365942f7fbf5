package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.exchange.BodyLog;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The content of an upstream's request; each piece is recorded as it is sent. */
record RecordedContent(Request.Content content, BodyLog.Recording recording) implements Request.Content {
    @Override
    public String getContentType() {
        return content.getContentType();
    }

    @Override
    public long getLength() {
        return content.getLength();
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = content.read();
        if (chunk != null && !Content.Chunk.isFailure(chunk)) {
            recording.request(chunk.getByteBuffer());
        }
        return chunk;
    }

    @Override
    public void demand(Runnable callback) {
        content.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        content.fail(failure);
    }

    @Override
    public boolean rewind() {
        return content.rewind();
    }
}
